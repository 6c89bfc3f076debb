// put_object over a transport in memory: what it sends, how it reads answers, and the sweeps over every I/O step.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "certificates.hpp"
#include "printers.hpp"
#include "put_scene.hpp"
#include "run.hpp"
#include "text_of.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace ossify;
using testing::http_reply;
using testing::memory_transport;
using testing::received_request;
using testing::scripted_reply;
using tests::memory_client;
using tests::put;
using tests::settings;
using tests::small_service;
using tests::text_of;

TEST_CASE("put_object sends the object's headers and reads what the service says of it")
{
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    auto const stored = put(net, settings(),
                            put_object_request("examplebucket", "dir/file name.txt")
                                .body(std::string("hello"))
                                .metadata("Author", "alice")
                                .tag("a", "b c")
                                .acl(object_acl::private_)
                                .content_md5());
    REQUIRE(stored);
    CHECK(stored->etag == "0123");
    CHECK(stored->crc64 == crc64(std::string_view("hello")));
    CHECK(stored->bytes == 5);
    CHECK(stored->request_id == "5CF3E7821AB22D0FDB86704D");
    CHECK_FALSE(stored->callback.requested());
    REQUIRE(net.requests().size() == 1);
    auto const& sent = net.requests().front();
    CHECK(sent.body == "hello");
    CHECK(sent.head.target == "/examplebucket/dir/file%20name.txt");
    auto const& h = sent.head.headers;
    CHECK(h.get("Content-Length") == "5");
    CHECK(h.get("Content-Type") == "text/plain");
    CHECK(h.get("Content-MD5") == "XUFAKrxLKna5cZ2REBfFkg==");
    CHECK(h.get("x-oss-meta-author") == "alice");
    CHECK(h.get("x-oss-tagging") == "a=b%20c");
    CHECK(h.get("x-oss-object-acl") == "private");
    CHECK(h.get("Authorization").starts_with("OSS4-HMAC-SHA256 Credential=test-id/"));
}

TEST_CASE("put_object refuses what the service would refuse, and sends nothing")
{
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    CHECK(put(net, settings(), put_object_request("Bad_Bucket", "k")).error() == errc::invalid_argument);
    CHECK(put(net, settings(), put_object_request("examplebucket", "/k")).error() == errc::invalid_argument);
    CHECK(put(net, settings(), put_object_request("examplebucket", "k").metadata("a_b", "c")).error() ==
          errc::invalid_argument);
    CHECK(put(net, settings(), put_object_request("examplebucket", "k").content_type("a\r\nb: c")).error() ==
          errc::invalid_argument);
    CHECK(put(net, settings(), put_object_request("examplebucket", "k").file("/nonexistent/file")).error() ==
          errc::source_failed);
    CHECK(net.requests().empty());
}

TEST_CASE("a 203 is a stored object whose callback failed")
{
    memory_transport net;
    net.on_request([](received_request const& r) {
        http::fields h;
        h.set("ETag", "\"0123\"");
        h.set("x-oss-hash-crc64ecma", std::to_string(crc64(r.body)));
        h.set("x-oss-request-id", "5CF3E7821AB22D0FDB86704D");
        return scripted_reply(http_reply(203,
                                         "<?xml version=\"1.0\"?><Error><Code>CallbackFailed</Code>"
                                         "<Message>Error status : 301.</Message><EC>0007-00000203</EC></Error>",
                                         h));
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored =
        put(net, settings(3), put_object_request("examplebucket", "k").body(std::string("x")).callback(notify));
    REQUIRE(stored);
    CHECK(stored->etag == "0123");
    REQUIRE(stored->callback.failed());
    CHECK(stored->callback.failure() == condition::callback_failed);
    CHECK(stored->callback.failure().info().ec == "0007-00000203");
    CHECK(stored->callback.failure().info().service_message == "Error status : 301.");
    CHECK(net.requests().size() == 1);
}

TEST_CASE("a callback's answer is recognised whatever its content type")
{
    for (char const* type : {"application/json; charset=utf-8", "text/plain", "application/xml"}) {
        memory_transport net;
        net.on_request([type](received_request const&) {
            http::fields h;
            h.set("Content-Type", type);
            h.set("ETag", "\"0123\"");
            return scripted_reply(http_reply(200, R"({"a":1})", h));
        });
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const stored =
            put(net, settings(), put_object_request("examplebucket", "k").body(std::string("x")).callback(notify));
        REQUIRE(stored);
        CHECK(stored->callback.delivered());
        CHECK(stored->callback.body() == R"({"a":1})");
    }
}

TEST_CASE("a skewed clock is corrected once, and the correction is kept")
{
    memory_transport net;
    int refused = 0;
    auto const theirs = codec::parse_http_date("Sat, 16 Dec 2023 16:20:57 GMT").value();
    net.on_request([&](received_request const& r) {
        http::fields h;
        h.set("Date", codec::http_date(theirs));
        h.set("ETag", "\"0123\"");
        if (r.head.headers.get("x-oss-date") != codec::iso_basic(theirs)) {
            ++refused;
            return scripted_reply(http_reply(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", h));
        }
        return scripted_reply(http_reply(200, {}, h));
    });
    asio::io_context io;
    memory_client oss(io.get_executor(), settings().wall_clock([&] { return theirs - std::chrono::hours(3); }), net);
    auto const first = tests::run(io, oss.put_object(put_object_request("examplebucket", "k")));
    auto const second = tests::run(io, oss.put_object(put_object_request("examplebucket", "k")));
    CHECK(first);
    CHECK(second);
    CHECK(refused == 1);
}

TEST_CASE("a request that is sent again with another clock does not count")
{
    memory_transport net;
    auto const theirs = codec::parse_http_date("Sat, 16 Dec 2023 16:20:57 GMT").value();
    int right = 0;
    net.on_request([&](received_request const& r) {
        http::fields h;
        h.set("Date", codec::http_date(theirs));
        h.set("ETag", "\"0123\"");
        if (r.head.headers.get("x-oss-date") != codec::iso_basic(theirs))
            return scripted_reply(http_reply(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", h));
        return scripted_reply(http_reply(++right == 1 ? 503 : 200, {}, h));
    });
    auto const stored = put(net, settings(2).wall_clock([&] { return theirs - std::chrono::hours(3); }),
                            put_object_request("examplebucket", "k"));
    REQUIRE(stored);
    CHECK(stored->retries == 2);
    CHECK(right == 2);
}

TEST_CASE("a temporary that owns its bytes is kept, other bytes stay the caller's")
{
    class counted : public std::vector<char> {
    public:
        explicit counted(std::shared_ptr<int> token) : std::vector<char>{'x', 'y'}, token_(std::move(token)) {}

    private:
        std::shared_ptr<int> token_;
    };
    auto const token = std::make_shared<int>();
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    {
        put_object_request request("examplebucket", "k");
        request.body(counted(token));
        CHECK(token.use_count() == 2);
        CHECK(put(net, settings(), request));
    }
    CHECK(service.stored == "xy");
    CHECK(token.use_count() == 1);
    counted const mine(token);
    put_object_request request("examplebucket", "k");
    request.body(mine);
    request.body(std::span(mine));
    request.body(asio::buffer(mine));
    CHECK(token.use_count() == 2);
}

TEST_CASE("a file that was written to is told of, also when the answer was lost")
{
    for (bool const lost : {false, true}) {
        CAPTURE(lost);
        tests::temporary_folder const folder;
        auto const path = folder.file("f");
        std::ofstream(path) << "before";
        memory_transport net;
        small_service service;
        net.on_request([&](received_request const& r) {
            auto answer = service(r);
            std::ofstream(path, std::ios::app) << "more";
            return lost && r.head.method == http::method::put ? scripted_reply::lost() : answer;
        });
        auto const stored = put(net, settings(), put_object_request("examplebucket", "k").file(path));
        CHECK(stored.error() == errc::source_changed);
        CHECK(stored.error().message().find("is stored all the same") != std::string::npos);
    }
}

TEST_CASE("a service that asks to wait for weeks is not waited for")
{
    memory_transport net;
    http::fields h;
    h.set("x-oss-qos-delay-time", "4294967295");
    net.on_request([&](received_request const&) { return http_reply(503, {}, h); });
    asio::io_context io;
    memory_client oss(io.get_executor(), settings(3), net);
    auto const began = testing::manual_clock::now();
    auto const got = tests::run(io, oss.put_object(put_object_request("examplebucket", "k").body(std::string("x"))));
    CHECK(got.error() == errc::throttled);
    CHECK(testing::manual_clock::now() - began <= std::chrono::seconds(41));
}

TEST_CASE("credentials that cannot be had just now are asked for again")
{
    for (errc const why : {errc::connection_failed, errc::access_denied}) {
        CAPTURE(make_error_code(why).message());
        memory_transport net;
        small_service service;
        net.on_request(std::ref(service));
        int asked = 0;
        auto config = settings(3);
        config.credentials([&]() -> awaitable<result<credentials>> {
            ++asked;
            return [](bool fails, errc code) -> awaitable<result<credentials>> {
                if (fails)
                    co_return failure(code, "no answer from who gives them");
                co_return credentials("test-id", secret("test-secret"));
            }(asked == 1, why);
        });
        auto const stored = put(net, config, put_object_request("examplebucket", "k").body("x"));
        bool const again = why == errc::connection_failed;
        CHECK(asked == (again ? 2 : 1));
        REQUIRE(stored.has_value() == again);
        CHECK((stored || stored.error() == why));
    }
}

TEST_CASE("nothing is sent when the time was used up by who gives the credentials")
{
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    std::chrono::seconds takes{0};
    auto config = settings();
    config.credentials([&takes]() -> awaitable<result<credentials>> {
        return [](std::chrono::seconds span) -> awaitable<result<credentials>> {
            asio::any_io_executor const ex = co_await asio::this_coro::executor;
            asio::basic_waitable_timer<testing::manual_clock, asio::wait_traits<testing::manual_clock>,
                                       asio::any_io_executor>
                timer(ex, span);
            co_await timer.async_wait(awaited);
            co_return credentials("test-id", secret("test-secret"));
        }(takes);
    });
    asio::io_context io;
    memory_client oss(io.get_executor(), config, net);
    auto const request = put_object_request("examplebucket", "k").body(std::string("x")).time_limit(std::chrono::seconds(1));
    REQUIRE(tests::run(io, oss.put_object(request)));  // there is a connection now
    takes = std::chrono::seconds(5);
    CHECK(tests::run(io, oss.put_object(request)).error() == errc::operation_timeout);
    CHECK(service.puts == 1);
}

TEST_CASE("each time limit has its own error")
{
    auto const with = [](timeouts t) { return settings().limits(t); };
    memory_transport net;
    net.on_request([](received_request const&) { return scripted_reply::silence(); });
    timeouts stall;
    stall.answer = std::chrono::milliseconds(1000);
    // the object cannot be asked for either: silence
    CHECK(put(net, with(stall), put_object_request("examplebucket", "k")).error() == errc::outcome_unknown);
    timeouts whole;
    whole.operation = std::chrono::milliseconds(500);
    auto const r = put(net, with(whole), put_object_request("examplebucket", "k"));
    REQUIRE_FALSE(r);
    CHECK(r.error() == errc::outcome_unknown);
}

TEST_CASE("an early refusal is read although the body is not all sent")
{
    memory_transport net;
    net.answer_early();
    net.on_request([](received_request const&) {
        scripted_reply r(http_reply(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"));
        r.close = true;
        return r;
    });
    std::string const big = text_of(2'000'000);
    auto const stored = put(net, settings(), put_object_request("examplebucket", "k").body(asio::buffer(big)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::access_denied);
    CHECK(net.open_connections() == 0);
}

TEST_CASE("10,000 puts one after the other open one connection")
{
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    asio::io_context io;
    memory_client oss(io.get_executor(), settings(), net);
    for (int i = 0; i != 10'000; ++i)
        REQUIRE(tests::run(io, oss.put_object(put_object_request("examplebucket", "k").body(std::string("x")))));
    CHECK(net.connections() == 1);
    CHECK(service.puts == 10'000);
}

TEST_CASE("put_object fails cleanly at each I/O step when nothing is sent again")
{
    std::string const body = text_of(600'000);
    std::size_t const steps = testing::for_each_failure([&](testing::fault const& f) {
        memory_transport net(f);
        small_service service;
        net.on_request(std::ref(service));
        auto const stored = put(net, settings(1), put_object_request("examplebucket", "k").body(asio::buffer(body)));
        if (stored)
            CHECK(service.stored == body);
        else
            CHECK(stored.error() == condition::network);
        CHECK(net.open_connections() == 0);
    });
    CHECK(steps > 5);
}

TEST_CASE("put_object succeeds whichever single I/O step fails when it may send again")
{
    std::string const body = text_of(600'000);
    callback const notify("http://app.example.com/oss", "object=${object}");
    testing::for_each_failure([&](testing::fault const& f) {
        memory_transport net(f);
        small_service service;
        net.on_request(std::ref(service));
        auto const stored = put(net, settings(3),
                                put_object_request("examplebucket", "k").body(asio::buffer(body)).callback(notify));
        REQUIRE(stored);
        CHECK(service.stored == body);
        CHECK(service.callbacks == 1);
        CHECK((stored->callback.delivered() || stored->callback.unknown()));
        CHECK(net.open_connections() == 0);
    });
}

TEST_CASE("put_object works when one byte moves at a time")
{
    memory_transport net;
    small_service service;
    net.on_request(std::ref(service));
    net.chop(1, 1);
    std::string const body = text_of(1000);
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored =
        put(net, settings(), put_object_request("examplebucket", "k").body(asio::buffer(body)).callback(notify));
    REQUIRE(stored);
    CHECK(service.stored == body);
    CHECK(stored->callback.body() == R"({"ok":true})");
}

TEST_CASE("put_object can be cancelled at every await and leaves nothing behind")
{
    std::string const body = text_of(2'000'000);
    bool finished = false;
    std::size_t cancelled = 0;
    std::size_t doubted = 0;
    for (std::size_t handlers = 1; !finished; ++handlers) {  // at 0 the coroutine does not even begin
        memory_transport net;
        small_service service;
        net.on_request(std::ref(service));
        asio::io_context io;
        {
            memory_client oss(io.get_executor(), settings(3), net);
            auto const end = tests::run_and_cancel(
                io, oss.put_object(put_object_request("examplebucket", "k").body(asio::buffer(body))), handlers);
            REQUIRE(end.value);
            finished = !end.cancelled;
            CHECK_FALSE(end.threw);
            if (!*end.value) {
                bool const in_doubt = end.value->error() == errc::outcome_unknown;
                CHECK((in_doubt || end.value->error() == errc::cancelled));
                CHECK((in_doubt || !service.stored));
                ++cancelled;
                doubted += in_doubt;
            }
        }
        CHECK(net.open_connections() == 0);
    }
    CHECK(cancelled > 5);
    CHECK(doubted > 0);
    CHECK(doubted < cancelled);
}

TEST_CASE("progress counts up to the whole and starts again with a new attempt")
{
    memory_transport net;
    int n = 0;
    http::fields named;
    named.set("ETag", "\"0123\"");
    net.on_request([&](received_request const&) {
        return ++n == 1 ? scripted_reply(http_reply(503)) : scripted_reply(http_reply(200, {}, named));
    });
    std::string const body = text_of(600'000);
    std::vector<std::uint64_t> seen;
    auto const stored = put(net, settings(2),
                            put_object_request("examplebucket", "k")
                                .body(asio::buffer(body))
                                .on_progress([&](put_progress const& p) { seen.push_back(p.sent); }));
    REQUIRE(stored);
    CHECK(seen == std::vector<std::uint64_t>{262144, 524288, 600000, 262144, 524288, 600000});
}
