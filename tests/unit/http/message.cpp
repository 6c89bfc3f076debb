#include <ossify/http/message.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace ossify::http;

// GCC 12 must never see these as aggregates: see the rules about coroutines.
static_assert(!std::is_aggregate_v<request_head>);
static_assert(!std::is_aggregate_v<response_head>);

TEST_CASE("a client that expects 100-continue is understood regardless of case")
{
    request_head head(method::put, "/");
    CHECK_FALSE(expects_continue(head));
    head.headers.set("Expect", "100-Continue");
    CHECK(expects_continue(head));
}

TEST_CASE("HTTP/1.0 clients expect nothing")
{
    request_head head(method::put, "/");
    head.headers.set("Expect", "100-continue");
    head.minor_version = 0;
    CHECK_FALSE(expects_continue(head));
}

TEST_CASE("another expectation is not one for 100")
{
    request_head head(method::put, "/");
    head.headers.set("Expect", "payment");
    CHECK_FALSE(expects_continue(head));
}

TEST_CASE("a cleared head is as new")
{
    request_head request(method::put, "/a");
    request.headers.append("Host", "h");
    request.minor_version = 0;
    request.clear();
    CHECK(request == request_head());

    response_head response(404);
    response.reason = "gone";
    response.headers.append("Server", "s");
    response.minor_version = 0;
    response.clear();
    CHECK(response == response_head());
}
