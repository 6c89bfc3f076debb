#include <ossify/core/failure.hpp>
#include <ossify/core/result.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace ossify;

TEST_CASE("a failure compares with the condition that says what to do")
{
    failure const f(errc::no_such_bucket);
    CHECK(f == condition::not_found);
    CHECK_FALSE(f == condition::retryable);
    CHECK(f == errc::no_such_bucket);
}

TEST_CASE("a copy of a failure keeps its own diagnostics")
{
    failure first(errc::throttled, "slow down");
    failure second = first;
    second.edit().message = "changed";
    CHECK(first.message() == "slow down");
    CHECK(second.message() == "changed");
}

TEST_CASE("a failure prints operation, cause, the service's words and the request id")
{
    failure f(errc::access_denied, "check the key's policy");
    f.edit().operation = "PutObject";
    f.edit().http_status = 403;
    f.edit().service_code = "AccessDenied";
    f.edit().request_id = "5CF3E7821AB22D0FDB86704D";
    std::ostringstream out;
    out << f;
    CHECK(out.str() == "PutObject: access denied: check the key's policy [HTTP 403 AccessDenied] "
                       "(request id 5CF3E7821AB22D0FDB86704D)");
}

TEST_CASE("the service's words stay on their line and do not command the terminal")
{
    failure f(errc::service_error);
    f.edit().http_status = 400;
    f.edit().service_message = "bad\nPutObject: stored \x1b[2J";
    CHECK(to_string(f) == "the service refused the request [HTTP 400: bad\\nPutObject: stored \\x1b[2J]");
}

TEST_CASE("a failure within another one's message does not say again what that one says")
{
    failure abort(errc::throttled);
    abort.edit().operation = "AbortMultipartUpload";
    abort.edit().upload_id = "0004B9";
    abort.edit().attempts = 3;
    failure const as_it_was = abort;
    failure part(errc::access_denied);
    part.edit().upload_id = "0004B9";
    part.edit().attempts = 3;
    part.edit().message = "not aborted: " + to_string_within(part, abort);
    CHECK(to_string(part) == "access denied: not aborted: AbortMultipartUpload: " + make_error_code(errc::throttled).message() +
                                 " (upload id 0004B9) (after 3 attempts)");
    CHECK(to_string(abort) == to_string(as_it_was));
    part.edit().upload_id = "other";
    part.edit().attempts = 1;
    CHECK(to_string_within(part, abort) == to_string(abort));
}

TEST_CASE("value() of a failed result throws an error that carries the failure")
{
    result<int> const r = failure(errc::malformed_url, "no host");
    try {
        (void)r.value();
        FAIL("no exception");
    } catch (error const& e) {
        CHECK(e.code() == errc::malformed_url);
        CHECK(e.why().message() == "no host");
        CHECK(std::string(e.what()) == "malformed URL: no host");
    }
}

TEST_CASE("every errc has its own text")
{
    for (int i = 1; i <= static_cast<int>(errc::key_unavailable); ++i)
        CHECK(error_category().message(i) != error_category().message(0));
}
