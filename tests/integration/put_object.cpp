// put_object over a transport in memory: what it sends, how it reads answers, and the sweeps over every I/O step.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "certificates.hpp"
#include "printers.hpp"
#include "run.hpp"

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
using memory_client = basic_client<memory_transport>;

namespace {

config settings(unsigned attempts = 1)
{
    retry_policy retry;
    retry.max_attempts = attempts;
    return config()
        .endpoint("http://localhost")
        .region("cn-hangzhou")
        .credentials(credentials("test-id", secret("test-secret")))
        .retry(retry)
        .seed(7);
}

/// A service that stores every body and answers as OSS does.
class small_service {
public:
    scripted_reply operator()(received_request const& r)
    {
        http::fields h;
        h.set("x-oss-request-id", "5CF3E7821AB22D0FDB86704D");
        if (r.head.method == http::method::put) {
            ++puts;
            stored = r.body;
            h.set("ETag", "\"0123\"");
            h.set("x-oss-hash-crc64ecma", std::to_string(crc64(r.body)));
            if (r.head.headers.contains("x-oss-callback")) {
                ++callbacks;
                return http_reply(200, R"({"ok":true})", h);
            }
            return http_reply(200, {}, h);
        }
        ++heads;
        if (!stored)
            return http_reply(404, {}, h);
        h.set("ETag", "\"0123\"");
        h.set("Date", "Sat, 16 Dec 2023 16:20:57 GMT");
        h.set("Last-Modified", modified);
        h.set("x-oss-hash-crc64ecma", std::to_string(crc64(*stored)));
        auto head = http_reply(200, {}, h);
        auto const at = head.find("Content-Length: 0");
        return head.replace(at, 17, "Content-Length: " + std::to_string(stored->size()));
    }

    /// An answer of its own with another CRC-64.
    scripted_reply with_sum(scripted_reply answer, std::string_view text) const
    {
        std::string const right = std::to_string(crc64(*stored));
        answer.bytes.replace(answer.bytes.find(right), right.size(), text);
        return answer;
    }

    int puts = 0;
    int heads = 0;
    int callbacks = 0;
    std::optional<std::string> stored;
    std::string modified = "Sat, 16 Dec 2023 16:20:57 GMT";  // by the service's clock: just now
};

std::string text_of(std::size_t bytes)
{
    std::string out(bytes, '\0');
    for (std::size_t i = 0; i != bytes; ++i)
        out[i] = static_cast<char>('a' + i % 23);
    return out;
}

result<stored_object<>> put(memory_transport const& net, config const& c, put_object_request<> const& request)
{
    asio::io_context io;
    memory_client oss(io.get_executor(), c, net);
    return tests::run(io, oss.put_object(request));
}

}  // namespace

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

TEST_CASE("what must act once is not sent again because of a sum that differs: the object is asked for")
{
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const plain = put_object_request("examplebucket", "k").body(std::string("x"));
    for (bool const calls : {true, false}) {
        for (bool const object_differs : {true, false}) {
            CAPTURE(calls);
            CAPTURE(object_differs);
            memory_transport net;
            small_service service;
            net.on_request([&](received_request const& r) {
                scripted_reply answer = service(r);
                bool const damaged = object_differs || r.head.method == http::method::put;
                return damaged ? service.with_sum(std::move(answer), calls ? "4711" : "?") : answer;
            });
            auto request = plain;
            auto const stored =
                put(net, settings(3), calls ? request.callback(notify) : request.forbid_overwrite());
            CHECK(service.puts == 1);
            CHECK(service.heads == 1);
            REQUIRE(stored.has_value() == !object_differs);
            if (stored) {
                CHECK(stored->crc64 == crc64(std::string_view("x")));
                CHECK(stored->callback.delivered() == calls);
            } else {
                CHECK(stored.error() == errc::crc_mismatch);
            }
        }
    }
}

TEST_CASE("an answer with another sum is not believed to be damaged when the object cannot be asked for")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        scripted_reply answer = service(r);
        if (r.head.method == http::method::head)
            return scripted_reply(http_reply(403, {}, {}));
        return service.with_sum(std::move(answer), "4711");
    });
    auto const stored =
        put(net, settings(3), put_object_request("examplebucket", "k").body("x").forbid_overwrite());
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::crc_mismatch);
    CHECK(to_string(stored.error()).find("asking for the object failed: HeadObject") != std::string::npos);
    CHECK(service.puts == 1);
}

TEST_CASE("a put that must not overwrite tells its own object from another one")
{
    class first_answer {
    public:
        unsigned status;
        bool stores;    // the object is ours
        bool succeeds;
        int heads;
        int sent;
    };
    for (auto const& [status, stores, succeeds, heads, sent] :
         {first_answer{500, true, true, 1, 1}, {500, false, false, 2, 2}, {503, false, false, 0, 2}, {429, false, false, 0, 2}}) {
        CAPTURE(status);
        CAPTURE(stores);
        memory_transport net;
        small_service service;
        int puts = 0;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return service(r);
            if (++puts == 1) {
                service(r);
                if (!stores)
                    service.stored = status == 500 ? "another" : "x";  // another client's
                return scripted_reply(http_reply(status, {}, {}));
            }
            return scripted_reply(http_reply(409, "<Error><Code>FileAlreadyExists</Code></Error>"));
        });
        auto const stored =
            put(net, settings(3), put_object_request("examplebucket", "k").body("x").forbid_overwrite());
        CHECK(puts == sent);
        CHECK(service.heads == heads);
        REQUIRE(stored.has_value() == succeeds);
        if (stored)
            CHECK(stored->crc64 == crc64(std::string_view("x")));
        else
            CHECK(stored.error() == errc::object_exists);
    }
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

TEST_CASE("a sum that differs is an error, and the object is sent again")
{
    memory_transport net;
    int n = 0;
    net.on_request([&](received_request const& r) {
        http::fields h;
        h.set("x-oss-hash-crc64ecma", std::to_string(crc64(r.body) + (++n == 1 ? 1 : 0)));
        return scripted_reply(http_reply(200, {}, h));
    });
    auto const again = put(net, settings(2), put_object_request("examplebucket", "k").body(std::string("x")));
    REQUIRE(again);
    CHECK(again->retries == 1);
    n = 0;
    auto const once = put(net, settings(1), put_object_request("examplebucket", "k").body(std::string("x")));
    REQUIRE_FALSE(once);
    CHECK(once.error() == errc::crc_mismatch);
}

TEST_CASE("a lost answer with a callback is settled by asking for the object, not by sending it again")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        scripted_reply const answer = service(r);
        return r.head.method == http::method::put ? scripted_reply::lost() : answer;
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored =
        put(net, settings(3), put_object_request("examplebucket", "k").body(std::string("x")).callback(notify));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(stored->etag == "0123");
    CHECK(service.puts == 1);
    CHECK(service.heads == 1);
}

TEST_CASE("a lost answer is not settled by an older object with the same bytes")
{
    memory_transport net;
    small_service service;
    service.stored = "x";
    service.modified = "Sat, 16 Dec 2023 10:00:00 GMT";
    int puts = 0;
    net.on_request([&](received_request const& r) {
        if (r.head.method == http::method::put && ++puts == 1)
            return scripted_reply::lost();
        return service(r);
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    int retries = 0;
    auto const stored = put(net, settings(3).on_retry([&](retry_event const&) { ++retries; }),
                            put_object_request("examplebucket", "k").body(std::string("x")).callback(notify));
    REQUIRE(stored);
    CHECK(stored->callback.delivered());
    CHECK(puts == 2);
    CHECK(retries == 1);
}

TEST_CASE("a lost answer for an object that is not there means that nothing was stored: it is sent again")
{
    memory_transport net;
    small_service service;
    int n = 0;
    net.on_request([&](received_request const& r) {
        if (r.head.method == http::method::put && ++n == 1)
            return scripted_reply::lost();
        return service(r);
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored =
        put(net, settings(3), put_object_request("examplebucket", "k").body(std::string("x")).callback(notify));
    REQUIRE(stored);
    CHECK(stored->callback.delivered());
    CHECK(service.puts == 1);
    CHECK(service.callbacks == 1);
}

TEST_CASE("when an answer is lost and what is sent again fails, the object is asked for")
{
    for (bool const stored_at_first : {true, false}) {
        memory_transport net;
        small_service service;
        int puts = 0;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return service(r);
            if (++puts > 1)
                return scripted_reply(http_reply(503, {}, {}));
            if (stored_at_first)
                service(r);
            return scripted_reply::lost();
        });
        auto const got = put(net, settings(3), put_object_request("examplebucket", "k").body(std::string("x")));
        CHECK(got.has_value() == stored_at_first);
        if (got)
            CHECK(got->crc64 == crc64(std::string_view("x")));
        else
            CHECK(got.error() == errc::throttled);
        CHECK(puts == 3);
        CHECK(service.heads == 1);
    }
}

TEST_CASE("an object that is stored is not said to be missing because of how a later request failed")
{
    // what the service says, having stored the object, to the first request; to the second
    class story {
    public:
        std::string name;
        std::function<scripted_reply(small_service&, scripted_reply)> first;
        std::function<scripted_reply(memory_transport&)> second;
        bool sums = true;
    };
    auto const refuses = [](memory_transport&) { return scripted_reply(http_reply(403)); };
    auto const early = [](memory_transport& net) {
        net.answer_early();
        return scripted_reply(http_reply(403));
    };
    auto const busy = [](memory_transport&) { return scripted_reply(http_reply(503)); };
    auto const fails = [](small_service&, scripted_reply const&) { return scripted_reply(http_reply(500)); };
    auto const loses = [](small_service&, scripted_reply const&) { return scripted_reply::lost(); };
    auto const damages = [](small_service& s, scripted_reply answer) { return s.with_sum(std::move(answer), "1"); };
    auto const stammers = [](small_service&, scripted_reply const&) {
        return scripted_reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n");
    };
    auto const raves = [](small_service& s, scripted_reply answer) { return s.with_sum(std::move(answer), "abc"); };
    for (auto const& [name, first, second, sums] :
         {story{"500, then 403", fails, refuses}, story{"500, then 503", fails, busy}, story{"lost, then 403", loses, refuses},
          story{"another sum, then 403", damages, refuses}, story{"another sum, then 503", damages, busy},
          story{"an answer that is none", stammers, refuses}, story{"a sum that is none", raves, refuses, false},
          story{"lost, then 403 before all is sent", loses, early}}) {
        for (bool const with_callback : {false, true}) {
            CAPTURE(name);
            CAPTURE(with_callback);
            memory_transport net;
            small_service service;
            int puts = 0;
            net.on_request([&](received_request const& r) {
                if (r.head.method != http::method::put)
                    return service(r);
                if (++puts > 1)
                    return second(net);
                auto answer = service(r);
                return first(service, std::move(answer));
            });
            auto const request = put_object_request("examplebucket", "k").check_crc64(sums).body(text_of(2'000'000));
            callback const notify("http://app.example.com/oss", "object=${object}");
            auto const stored = put(net, settings(3), with_callback ? request.callback(notify) : request);
            REQUIRE(stored);
            CHECK(stored->bytes == 2'000'000);
            CHECK(service.heads <= 1);
            CHECK(service.puts == 1);
        }
    }
}

TEST_CASE("an object that is not there when the time is over may come yet")
{
    for (bool const with_callback : {false, true}) {
        CAPTURE(with_callback);
        memory_transport net;
        small_service service;  // which is told of the put later
        net.on_request([&](received_request const& r) {
            return r.head.method == http::method::put ? scripted_reply::silence() : service(r);
        });
        timeouts limits;
        limits.answer = std::chrono::seconds(1);
        auto const request = put_object_request("examplebucket", "k").body(std::string("x"));
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const stored = put(net, settings().limits(limits), with_callback ? request.callback(notify) : request);
        CHECK(stored.error() == errc::outcome_unknown);
        CHECK(stored.error().message().find("may be at work on it still") != std::string::npos);
        CHECK(service.heads == 1);
    }
}

TEST_CASE("an object that is not there may come yet, also when a later request was refused")
{
    for (bool const with_callback : {false, true}) {
        CAPTURE(with_callback);
        memory_transport net;
        small_service service;  // which is told of the first put later
        int puts = 0;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return service(r);
            std::string const refusal = "<Error><Code>AccessDenied</Code></Error>";
            return ++puts == 1 ? scripted_reply::silence() : scripted_reply(http_reply(403, refusal));
        });
        timeouts limits;
        limits.answer = std::chrono::seconds(1);
        auto const request = put_object_request("examplebucket", "k").body(std::string("x"));
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const stored = put(net, settings(3).limits(limits), with_callback ? request.callback(notify) : request);
        CHECK(puts == 2);
        CHECK(stored.error() == errc::outcome_unknown);
        CHECK(stored.error().message().find("access denied; the object is not there") != std::string::npos);
    }
}

TEST_CASE("an object may come yet when the put is cancelled while it is sent again")
{
    memory_transport net;
    net.chop(1'000'000, 1000);
    small_service service;
    net.on_request([&](received_request const& r) {
        return r.head.method == http::method::put ? scripted_reply::silence() : service(r);
    });
    asio::io_context io;
    asio::cancellation_signal cancel;
    memory_client oss(io.get_executor(), settings(3), net);
    std::optional<result<stored_object<>>> got;
    auto on_end = [&](std::exception_ptr, result<stored_object<>> ended) { got.emplace(std::move(ended)); };
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const request = put_object_request("examplebucket", "k").body(std::string(2'000'000, 'x')).callback(notify)
                             .on_progress([&](put_progress const& p) {
                                 if (service.heads == 1 && p.sent < p.total)
                                     asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
                             });
    asio::co_spawn(io, oss.put_object(request), asio::bind_cancellation_slot(cancel.slot(), std::move(on_end)));
    testing::run_in_virtual_time(io);
    REQUIRE(got);
    CHECK(service.heads == 1);
    CHECK(got->error() == errc::outcome_unknown);
}

TEST_CASE("a callback is not repeated for an error of the service's own: the object is asked for")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        auto answer = service(r);
        return r.head.method == http::method::put ? scripted_reply(http_reply(504)) : answer;
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").body("x").callback(notify));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(service.callbacks == 1);
    CHECK(service.heads == 1);
}

TEST_CASE("a key that may only store tries again after an error of the service's own")
{
    for (int const failures : {1, 3}) {
        CAPTURE(failures);
        memory_transport net;
        small_service service;
        int puts = 0;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return scripted_reply(http_reply(403));
            return ++puts <= failures ? scripted_reply(http_reply(500)) : service(r);
        });
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").body("x").callback(notify));
        CHECK(puts == (failures == 1 ? 2 : 3));
        REQUIRE(stored.has_value() == (failures == 1));
        CHECK((stored ? stored->callback.delivered() : stored.error() == errc::service_internal));
    }
}

TEST_CASE("a put that may be stored, and cannot be asked for, stays in doubt when its repetition is refused")
{
    for (unsigned const refusal : {403U, 503U}) {
        CAPTURE(refusal);
        memory_transport net;
        small_service service;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return scripted_reply(http_reply(403));
            if (service.puts != 0)
                return scripted_reply(http_reply(refusal));
            (void)service(r);
            return scripted_reply(http_reply(500));
        });
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").body("x").callback(notify));
        CHECK(stored.error() == errc::outcome_unknown);
        CHECK(service.callbacks == 1);
    }
}

TEST_CASE("a service that is still at work when the last connection is lost is given a moment")
{
    memory_transport net;
    small_service service;
    std::optional<received_request> at_work;
    auto lost = testing::manual_clock::now();
    net.on_request([&](received_request const& r) {
        if (r.head.method == http::method::put) {
            lost = testing::manual_clock::now();
            at_work = r;
            return scripted_reply::lost();
        }
        if (testing::manual_clock::now() - lost >= std::chrono::milliseconds(300))
            (void)service(*at_work);
        return service(r);
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    CHECK(put(net, settings(1), put_object_request("examplebucket", "k").body("x").callback(notify)));
    CHECK(service.heads == 1);
}

TEST_CASE("a put that was cancelled after an answer with another sum may have stored the object")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) { return service.with_sum(service(r), "1"); });
    asio::io_context io;
    asio::cancellation_signal cancel;
    auto config = settings(3);
    config.on_retry([&](retry_event const&) {
        asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    });
    memory_client oss(io.get_executor(), config, net);
    std::optional<result<stored_object<>>> got;
    auto on_end = [&](std::exception_ptr, result<stored_object<>> ended) { got.emplace(std::move(ended)); };
    asio::co_spawn(io, oss.put_object(put_object_request("examplebucket", "k").body(std::string("x"))),
                   asio::bind_cancellation_slot(cancel.slot(), std::move(on_end)));
    testing::run_in_virtual_time(io);
    REQUIRE(got);
    CHECK(got->error() == errc::outcome_unknown);
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

TEST_CASE("a put without time to ask for its object says so at once")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        (void)service(r);
        return scripted_reply::silence();
    });
    auto const began = testing::manual_clock::now();
    auto const request = put_object_request("examplebucket", "k").body("x").time_limit(std::chrono::seconds(2));
    auto const stored = put(net, settings(3), request);
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().message().find("no time is left to ask for the object") != std::string::npos);
    CHECK(testing::manual_clock::now() - began < std::chrono::milliseconds(2100));
    CHECK(service.heads == 0);
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

TEST_CASE("when the object cannot be asked for either, the outcome is unknown")
{
    memory_transport net;
    net.on_request([](received_request const&) { return scripted_reply::lost(); });
    auto const stored = put(net, settings(2), put_object_request("examplebucket", "k").body(std::string("x")));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error() == condition::unknown_outcome);
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

TEST_CASE("what may have been stored is in doubt whenever a put with a callback is cancelled")
{
    callback const notify("http://app.example.com/oss", "object=${object}");
    for (std::string_view const what : {"another sum", "an internal error"}) {
        CAPTURE(what);
        bool finished = false;
        std::size_t doubted = 0;
        for (std::size_t handlers = 1; !finished; ++handlers) {
            memory_transport net;
            small_service service;
            net.on_request([&](received_request const& r) {
                scripted_reply answer = service(r);
                if (r.head.method != http::method::put)
                    return answer;
                if (what == "an internal error")
                    return scripted_reply(http_reply(500, "<Error><Code>InternalError</Code></Error>"));
                return service.with_sum(std::move(answer), "4711");
            });
            asio::io_context io;
            memory_client oss(io.get_executor(), settings(2), net);
            auto const end = tests::run_and_cancel(
                io, oss.put_object(put_object_request("examplebucket", "k").body("x").callback(notify)), handlers);
            REQUIRE(end.value);
            finished = !end.cancelled;
            if (!finished && !*end.value) {
                bool const in_doubt = end.value->error() == errc::outcome_unknown;
                CHECK((in_doubt || !service.stored));
                doubted += in_doubt;
            }
        }
        CHECK(doubted > 2);
    }
}

TEST_CASE("progress counts up to the whole and starts again with a new attempt")
{
    memory_transport net;
    int n = 0;
    net.on_request([&](received_request const&) {
        return ++n == 1 ? scripted_reply(http_reply(503)) : scripted_reply(http_reply(200));
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
