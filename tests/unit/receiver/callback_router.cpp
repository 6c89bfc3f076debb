#include <ossify/receiver/callback_router.hpp>

#include <ossify/callback/contract.hpp>
#include <ossify/http/parser.hpp>
#include <ossify/server/connection.hpp>
#include <ossify/testing/manual_clock.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "http_feed.hpp"
#include "played_client.hpp"
#include "printers.hpp"
#include "signed_callback.hpp"
#include "vectors.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using testing::http_reply;
using testing::manual_clock;
using testing::memory_transport;
using testing::received_request;
using testing_support::vectors_of;
using tests::signed_callback;

namespace {

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
    std::string proof;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id, proof))
struct photo_reply {
    std::string photo_id;
    std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id, bytes))
using photo_contract = callback_contract<photo_stored, photo_reply>;
using free_contract = callback_contract<photo_stored>;

using manual_timer = asio::basic_waitable_timer<manual_clock, asio::wait_traits<manual_clock>, asio::any_io_executor>;

awaitable<photo_reply> reply_to(callback_event<photo_stored> const& event)
{
    co_return photo_reply{event->user_id + "/" + event->object, event->size};
}

awaitable<void> sleep(std::chrono::milliseconds time)
{
    manual_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(awaited);
}

awaitable<photo_reply> reply_late(photo_stored const&)
{
    co_await sleep(10s);
    co_return photo_reply{};
}

awaitable<json::value> give_back(received_callback const& in) { co_return in.members(); }

/// What was noted of a log entry.
struct noted {
    bool verified;
    unsigned status;
    std::string reason;
    std::string body;
    std::chrono::microseconds took;
};

/// A router behind a connection to a played client, in virtual time.
class routed {
public:
    explicit routed(receiver_config config = trusting()) : client(io.get_executor())
    {
        net.on_request([](received_request const&) {
            return testing::scripted_reply(http_reply(200, signed_callback::key().public_pem()));
        });
        config.log([this](callback_log_entry const& e) {
            log.push_back({e.verified, e.status, e.reason, e.callback.body, e.took});
        });
        router.emplace(io.get_executor(), std::move(config), net);
        limits.stall = 5s;
    }
    static receiver_config trusting() { return receiver_config().trust_key_url("http://keys.test/key.pem"); }

    void start()
    {
        handler = [this](http_exchange& x) { return router->handle(x); };
        connection.emplace(client, io.get_executor(), std::make_shared<watchdog<manual_clock>>(io.get_executor()),
                           limits, handler, http_client_facts());
        auto on_end = [this](std::exception_ptr e) { threw = e != nullptr; };
        asio::co_spawn(io, connection->run(), asio::bind_cancellation_slot(cancel.slot(), on_end));
    }
    /// Returns: the answers.
    std::vector<test::read_message> run()
    {
        start();
        CHECK(testing::run_in_virtual_time(io));
        CHECK_FALSE(threw);
        return answers();
    }
    std::vector<test::read_message> answers() const { return test::feed_response(client.received).messages; }

    asio::io_context io;
    memory_transport net;
    tests::played_client client;
    http_limits limits;
    std::vector<noted> log;
    std::optional<basic_callback_router<memory_transport>> router;
    http_handler handler;
    std::optional<http_connection<tests::played_client, manual_clock>> connection;
    asio::cancellation_signal cancel;
    bool threw = false;
};

/// The answer to one callback.
test::read_message answer_to(routed& r, std::string const& request)
{
    r.client.sends(request);
    auto const got = r.run();
    REQUIRE(got.size() == 1);
    return got.front();
}

}  // namespace

TEST_CASE("a genuine callback reaches the handler of its path, and the reply goes back as JSON with its length")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 200 OK");
    CHECK(answer.headers.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(answer.content_length == answer.body.size());
    CHECK(answer.body == R"({"photo_id":"u1/a b.jpg","bytes":12})");
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().verified);
    CHECK(r.log.front().status == 200);
    CHECK(r.log.front().reason.empty());
    CHECK(r.log.front().body == signed_callback().body);
}

TEST_CASE("callbacks and answers may move one byte at a time")
{
    routed r;
    r.client.chop(1);
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.body == R"({"photo_id":"u1/a b.jpg","bytes":12})");
}

TEST_CASE("one connection carries many callbacks, also pipelined ones")
{
    routed r;
    r.router->on_any(&give_back);
    std::string all;
    for (int i = 0; i != 20; ++i)
        all += signed_callback("/n", "{\"n\":" + std::to_string(i) + "}").request();
    r.client.sends(all);
    auto const got = r.run();
    REQUIRE(got.size() == 20);
    CHECK(got[7].body == "{\"n\":7}");
    CHECK(r.log.size() == 20);
    CHECK(r.net.requests().size() == 1);
}

TEST_CASE("a form reaches the same handler")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    signed_callback c("/oss/photo", "bucket=photos&object=a+b%2F1.jpg&size=18446744073709551615&user_id=%E4%B8%AD");
    c.content_type = "application/x-www-form-urlencoded";
    auto const answer = answer_to(r, c.request());
    CHECK(answer.body == "{\"photo_id\":\"\xe4\xb8\xad/a b/1.jpg\",\"bytes\":18446744073709551615}");
}

TEST_CASE("a refusal that quotes what came is UTF-8 all the same")
{
    CHECK(detail::callback_answer::refused(403, "http://evil/\xff").text == "{\"error\":\"http://evil/\xEF\xBF\xBD\"}");
}

TEST_CASE("a callback that is not verified gets 403 and no handler")
{
    routed r;
    bool called = false;
    r.router->on<free_contract>("/oss/photo", [&called](photo_stored const&) -> awaitable<json::value> {
        called = true;
        co_return nullptr;
    });
    auto request = signed_callback().request();
    request.back() = ' ';
    auto const answer = answer_to(r, request);
    CHECK(answer.start == "HTTP/1.1 403 Forbidden");
    CHECK_FALSE(called);
    REQUIRE(r.log.size() == 1);
    CHECK_FALSE(r.log.front().verified);
    CHECK(r.log.front().status == 403);
    CHECK_FALSE(r.log.front().reason.empty());
}

TEST_CASE("every recorded callback goes through to an untyped handler")
{
    for (auto const& v : vectors_of("callback_verify")) {
        auto const key = codec::public_key::from_pem(v.input("public_key_pem")).value();
        routed r(receiver_config().trust_key(std::string(callback_key_url), key));
        r.router->on_any(&give_back);
        std::string request = "POST " + v.input("raw_path") + v.input("raw_query_with_question_mark") +
                              " HTTP/1.0\r\nContent-Length: " + std::to_string(v.input("body").size()) + "\r\n";
        for (auto const& header : v.inputs().at("headers").as_object())
            if (header.key() != "content-length")
                request.append(header.key()).append(": ").append(header.value().as_string()).append("\r\n");
        auto const answer = answer_to(r, request + "\r\n" + v.input("body"));
        CAPTURE(v.id());
        bool const valid = v.expected().at("valid").as_bool();
        CHECK(answer.start == (valid ? "HTTP/1.1 200 OK" : "HTTP/1.1 403 Forbidden"));
    }
}

TEST_CASE("only POST is taken")
{
    routed r;
    r.router->on_any(&give_back);
    auto const answer = answer_to(r, "GET /oss/photo HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(answer.start == "HTTP/1.1 405 Method Not Allowed");
    CHECK(answer.headers.find("Allow: POST\r\n") != std::string::npos);
}

TEST_CASE("a path without a handler is not there")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const answer = answer_to(r, signed_callback("/oss/photo/2", "a=1").request());
    CHECK(answer.start == "HTTP/1.1 404 Not Found");
    CHECK_FALSE(r.router->takes("/oss"));
    CHECK(r.router->takes("/oss/photo?x=1"));
    CHECK(r.router->takes("/oss/%70hoto"));
}

TEST_CASE("a target that is a whole URL is for the handler of its path")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    CHECK(r.router->takes("http://app.example.com:8080/oss/photo?x=1"));
    auto request = signed_callback().request();
    request.replace(request.find("/oss/photo"), 10, "http://app.example.com/oss/photo");
    CHECK(answer_to(r, request).start == "HTTP/1.1 200 OK");
}

TEST_CASE("a body over the limit is refused without reading it")
{
    routed r(routed::trusting().max_body(100));
    r.router->on_any(&give_back);
    auto const answer = answer_to(r, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'a'));
    CHECK(answer.start == "HTTP/1.1 413 Content Too Large");
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().reason.find("100 bytes") != std::string::npos);
}

TEST_CASE("a body of unknown length over the limit is refused")
{
    routed r(routed::trusting().max_body(100));
    r.router->on_any(&give_back);
    std::string const chunk = "40\r\n" + std::string(0x40, 'a') + "\r\n";
    auto const answer =
        answer_to(r, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n");
    CHECK(answer.start == "HTTP/1.1 413 Content Too Large");
}

TEST_CASE("a body of exactly the limit is taken")
{
    signed_callback const c("/", std::string(100, 'a'));
    routed r(routed::trusting().max_body(100));
    r.router->on_any(&give_back);
    CHECK(answer_to(r, c.request()).start == "HTTP/1.1 200 OK");
}

TEST_CASE("long bodies share a memory, short ones come through when it is used up")
{
    auto const long_one = signed_callback("/", std::string(20 * 1024, 'a')).request();
    auto const short_one = signed_callback("/", std::string(16 * 1024, 'a')).request();
    auto const limited = [] { return routed::trusting().body_memory(4 * 1024); };  // just one of them

    routed alone(limited());
    alone.router->on_any(&give_back);
    alone.client.sends(long_one).sends(long_one);  // one after the other
    auto const both = alone.run();
    REQUIRE(both.size() == 2);
    CHECK(both[0].start == "HTTP/1.1 200 OK");
    CHECK(both[1].start == "HTTP/1.1 200 OK");

    routed r(limited());
    r.router->on_any(&give_back);
    r.client.sends(long_one.substr(0, long_one.size() - 1)).stays();  // and stops there, for five seconds
    r.start();
    testing::run_in_virtual_time(r.io, 1s);
    auto const meanwhile = [&](std::string const& request) {
        tests::played_client other(r.io.get_executor());
        http_connection<tests::played_client, manual_clock> second(
            other, r.io.get_executor(), std::make_shared<watchdog<manual_clock>>(r.io.get_executor()), r.limits,
            r.handler, http_client_facts());
        other.sends(request);
        bool ended = false;
        auto on_end = [&](std::exception_ptr) { ended = true; };
        asio::co_spawn(r.io, second.run(), on_end);
        testing::run_in_virtual_time(r.io, 500ms);
        REQUIRE(ended);
        return test::feed_response(other.received).messages.at(0).start;
    };
    CHECK(meanwhile(long_one) == "HTTP/1.1 503 Service Unavailable");
    CHECK(meanwhile(short_one) == "HTTP/1.1 200 OK");
    CHECK(testing::run_in_virtual_time(r.io));  // the first one is given up
    r.io.restart();
    CHECK(meanwhile(long_one) == "HTTP/1.1 200 OK");
}

TEST_CASE("a genuine callback whose body does not fit the contract gets 400, and the log says what does not fit")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const answer = answer_to(r, signed_callback("/oss/photo", R"({"size":"many"})").request());
    CHECK(answer.start == "HTTP/1.1 400 Bad Request");
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().verified);
    CHECK(r.log.front().reason.find("size") != std::string::npos);
}

TEST_CASE("a handler may refuse; the sender does not learn why")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", [](photo_stored const&) -> awaitable<callback_result<photo_reply>> {
        co_return callback_refusal(409, "u1 has too many photos");
    });
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 409 Conflict");
    CHECK(answer.body.find("too many") == std::string::npos);
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().reason == "u1 has too many photos");
}

TEST_CASE("a refusal with a status that would mean success is sent as 500")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", [](photo_stored const&) -> awaitable<callback_result<photo_reply>> {
        co_return callback_refusal(200, "no");
    });
    CHECK(answer_to(r, signed_callback().request()).start == "HTTP/1.1 500 Internal Server Error");
}

TEST_CASE("a handler that throws is answered with 500, and the log has its words")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", [](photo_stored const&) -> awaitable<photo_reply> {
        throw std::runtime_error("the database is away");
        co_return photo_reply{};
    });
    r.client.sends(signed_callback().request()).sends(signed_callback("/none", "a=1").request());
    auto const got = r.run();
    REQUIRE(got.size() == 2);
    CHECK(got.front().start == "HTTP/1.1 500 Internal Server Error");
    CHECK(got.front().body.find("database") == std::string::npos);
    CHECK(r.log.front().reason.find("the database is away") != std::string::npos);
}

TEST_CASE("a handler that takes too long is cancelled in time, and the log says so")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_late);
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 503 Service Unavailable");
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().reason.find("longer than 4500 ms") != std::string::npos);
    CHECK(r.log.front().took < 5s);
    CHECK(r.router->late_handlers() == 0);
}

TEST_CASE("a handler that ignores its cancellation does not hold the answer back, and is counted until it ends")
{
    routed r;
    bool ended = false;
    r.router->on<photo_contract>("/oss/photo", [&ended](photo_stored const& in) -> awaitable<photo_reply> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await sleep(20s);
        ended = in.user_id == "u1";  // what it was given is still there
        co_return photo_reply{};
    });
    r.client.sends(signed_callback().request()).stays();
    r.start();
    testing::run_in_virtual_time(r.io, 6s);
    CHECK(r.answers().size() == 1);
    CHECK(r.router->late_handlers() == 1);
    CHECK_FALSE(ended);
    testing::run_in_virtual_time(r.io, 20s);
    CHECK(r.router->late_handlers() == 0);
    CHECK(ended);
}

TEST_CASE("a body that comes too slowly is given up")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const request = signed_callback().request();
    r.client.sends(request.substr(0, request.size() - 20));
    for (std::size_t i = 20; i != 0; --i)
        r.client.sends(request.substr(request.size() - i, 1), 1s);
    auto const got = r.run();
    REQUIRE(got.size() == 1);
    CHECK(got.front().start == "HTTP/1.1 408 Request Timeout");
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().took < 6s);
}

TEST_CASE("a body that stops coming is given up")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const request = signed_callback().request();
    r.client.sends(request.substr(0, request.size() - 20)).stays();
    auto const got = r.run();
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().status == 408);
    CHECK(r.log.front().took < 6s);
}

TEST_CASE("a client that goes away in its body costs nothing")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const request = signed_callback().request();
    r.client.sends(request.substr(0, request.size() - 20));
    (void)r.run();
    CHECK(r.client.closed);
    CHECK(r.log.size() == 1);
}

TEST_CASE("a reply of more than 1 MiB is refused here, because the service would")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", [](photo_stored const&) -> awaitable<photo_reply> {
        co_return photo_reply{std::string(1024 * 1024, 'a'), 0};
    });
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 500 Internal Server Error");
    CHECK(r.log.front().reason.find("1048576") != std::string::npos);
}

TEST_CASE("a guarded route takes only callbacks with a proof for their object that has not expired")
{
    callback_guard const guard{secret("0123456789abcdef")};
    auto const now = codec::wall_time(1'700'000'000s);
    auto const body_with = [](std::string const& proof) {
        return R"({"bucket":"photos","object":"a.jpg","size":1,"proof":")" + proof + "\"}";
    };
    auto const status_of = [&](std::string const& proof) {
        routed r(routed::trusting().wall_clock([now] { return now; }));
        r.router->on<photo_contract>("/oss/photo", &reply_to).guarded_by<&photo_stored::proof>(guard);
        (void)answer_to(r, signed_callback("/oss/photo", body_with(proof)).request());
        return r.log.front().status;
    };
    CHECK(status_of(guard.issue("a.jpg", now + 1s)) == 200);
    CHECK(status_of(guard.issue("a.jpg", now)) == 403);
    CHECK(status_of(guard.issue("b.jpg", now + 1s)) == 403);
    CHECK(status_of("") == 403);
}

TEST_CASE("a callback that is sent again gets 409")
{
    std::set<std::string> seen;
    routed r(routed::trusting().replay_guard(
        [&seen](std::string id) -> awaitable<bool> { co_return seen.insert(id).second; }));
    r.router->on_any(&give_back);
    r.client.sends(signed_callback().request() + signed_callback().request());
    auto const got = r.run();
    REQUIRE(got.size() == 2);
    CHECK(got[0].start == "HTTP/1.1 200 OK");
    CHECK(got[1].start == "HTTP/1.1 409 Conflict");
    CHECK(r.log[1].verified);
}

TEST_CASE("a replay guard that takes too long does not hold the answer back")
{
    routed r(routed::trusting().replay_guard([](std::string) -> awaitable<bool> {
        co_await sleep(10s);
        co_return true;
    }));
    bool called = false;
    r.router->on<free_contract>("/oss/photo", [&called](photo_stored const&) -> awaitable<json::value> {
        called = true;
        co_return nullptr;
    });
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 503 Service Unavailable");
    CHECK_FALSE(called);
    CHECK(r.log.front().took < 5s);
    CHECK(r.log.front().reason.find("4500 ms") != std::string::npos);
}

TEST_CASE("the log says why a key cannot be had, the sender is not told")
{
    routed r;
    r.net.on_request([](received_request const&) { return testing::scripted_reply(http_reply(404, "")); });
    r.router->on<photo_contract>("/oss/photo", &reply_to);
    auto const answer = answer_to(r, signed_callback().request());
    CHECK(answer.start == "HTTP/1.1 403 Forbidden");
    CHECK(answer.body == R"({"error":"the callback's public key is not available"})");
    CHECK(r.log.front().reason.find("http://keys.test/key.pem: HTTP 404") != std::string::npos);
}

TEST_CASE("a handler is cancelled with its connection, at whatever step that happens")
{
    bool ended = false;
    for (std::size_t handlers = 0; !ended; ++handlers) {
        routed r;
        r.router->on<photo_contract>("/oss/photo", [](photo_stored const&) -> awaitable<photo_reply> {
            co_await sleep(5ms);
            co_await sleep(5ms);
            co_return photo_reply{};
        });
        r.client.sends(signed_callback().request());
        r.start();
        for (std::size_t n = 0; n != handlers && !r.client.closed; ++n)
            while (r.io.poll_one() == 0 && !r.io.stopped())
                manual_clock::advance(1ms);
        ended = r.client.closed;
        r.cancel.emit(asio::cancellation_type::terminal);
        r.io.poll();
        r.connection.reset();
        CAPTURE(handlers);
        CHECK(testing::run_in_virtual_time(r.io));
        CHECK(r.threw != ended);
        CHECK(r.router->late_handlers() == 0);
    }
}

TEST_CASE("a handler that is cut off before its time is not said to have taken too long")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_late);
    r.client.sends(signed_callback().request()).stays();
    r.start();
    testing::run_in_virtual_time(r.io, 1s);
    r.cancel.emit(asio::cancellation_type::terminal);
    testing::run_in_virtual_time(r.io, 1s);
    REQUIRE(r.log.size() == 1);
    CHECK(r.log.front().verified);
    CHECK(r.log.front().status == 503);
    CHECK(r.log.front().reason == "cancelled before the answer was ready, as when the server stops");
}

TEST_CASE("the router may go while a handler is still at work")
{
    routed r;
    r.router->on<photo_contract>("/oss/photo", &reply_late);
    r.client.sends(signed_callback().request());
    r.start();
    r.io.poll();
    manual_clock::advance(100ms);
    r.io.poll();
    r.handler = nullptr;
    r.router.reset();
    CHECK(testing::run_in_virtual_time(r.io));
    CHECK(r.client.closed);
}
