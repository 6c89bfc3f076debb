// Puts whose outcome the service does not tell: what the object tells instead.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "certificates.hpp"
#include "printers.hpp"
#include "put_scene.hpp"
#include "run.hpp"
#include "text_of.hpp"

#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>

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

TEST_CASE("a sum that differs is an error, and the object is sent again")
{
    memory_transport net;
    int n = 0;
    net.on_request([&](received_request const& r) {
        http::fields h;
        h.set("ETag", "\"0123\"");
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

TEST_CASE("when the object cannot be asked for either, the outcome is unknown")
{
    memory_transport net;
    net.on_request([](received_request const&) { return scripted_reply::lost(); });
    auto const stored = put(net, settings(2), put_object_request("examplebucket", "k").body(std::string("x")));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error() == condition::unknown_outcome);
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

TEST_CASE("when every answer had another sum, the object is asked about; when the service failed each time, that is told")
{
    for (bool const damages : {true, false}) {
        for (bool const may_look : {true, false}) {
            CAPTURE(damages);
            CAPTURE(may_look);
            memory_transport net;
            small_service service;
            net.on_request([&](received_request const& r) {
                if (r.head.method != http::method::put && !may_look)
                    return scripted_reply(http_reply(403));
                auto answer = service(r);
                if (r.head.method != http::method::put)
                    return answer;
                return damages ? service.with_sum(std::move(answer), "4711") : scripted_reply(http_reply(500));
            });
            auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").body("x"));
            CHECK(service.puts == 3);
            CHECK(service.heads == (damages && may_look ? 1 : 0));
            REQUIRE(stored.has_value() == (damages && may_look));
            if (stored)
                CHECK(stored->crc64 == crc64(std::string_view("x")));
            else
                CHECK(stored.error() == (damages ? errc::crc_mismatch : errc::service_internal));
        }
    }
}

TEST_CASE("what comes late is found although what was sent again is refused")
{
    memory_transport net;
    small_service service;
    std::optional<received_request> late;
    net.on_request([&](received_request const& r) {
        if (r.head.method == http::method::put && !late) {
            late = r;
            return scripted_reply::silence();
        }
        if (r.head.method == http::method::put) {
            (void)service(*late);
            return scripted_reply(http_reply(403, "<Error><Code>AccessDenied</Code></Error>"));
        }
        return service(r);
    });
    timeouts limits;
    limits.answer = std::chrono::seconds(1);
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored =
        put(net, settings(3).limits(limits), put_object_request("examplebucket", "k").body("x").callback(notify));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(service.heads == 2);
    CHECK(service.callbacks == 1);
}

TEST_CASE("a callback is not repeated when the object could not be asked for just now, or not compared")
{
    for (bool const sums : {true, false}) {  // without a sum, what is there cannot be compared
        CAPTURE(sums);
        memory_transport net;
        small_service service;
        net.on_request([&](received_request const& r) {
            auto answer = service(r);
            bool const fails = r.head.method == http::method::put || sums;
            return fails ? scripted_reply(http_reply(500)) : answer;
        });
        callback const notify("http://app.example.com/oss", "object=${object}");
        auto const request = put_object_request("examplebucket", "k").body("x").check_crc64(sums);
        errc const expected = sums ? errc::service_internal : errc::outcome_unknown;
        CHECK(put(net, settings(3), request.callback(notify)).error() == expected);
        CHECK(service.callbacks == 1);
        CHECK(put(net, settings(3), request).error() == errc::service_internal);
    }
}

TEST_CASE("a success that names no object is not the service's: the object is asked for")
{
    for (bool const with_callback : {false, true}) {
        for (bool const stores : {true, false}) {
            CAPTURE(with_callback);
            CAPTURE(stores);
            memory_transport net;
            small_service service;
            net.on_request([&](received_request const& r) {
                bool const is_put = r.head.method == http::method::put;
                auto answer = is_put && !stores ? scripted_reply() : service(r);
                return is_put ? scripted_reply(http_reply(200, "<html>welcome</html>")) : answer;
            });
            callback const notify("http://app.example.com/oss", "object=${object}");
            auto const request = put_object_request("examplebucket", "k").body("x");
            auto const stored = put(net, settings(3), with_callback ? request.callback(notify) : request);
            CHECK(service.heads == 1);
            REQUIRE(stored.has_value() == stores);
            if (stored)
                CHECK(stored->callback.unknown() == with_callback);
            else
                CHECK(stored.error() == errc::bad_answer);
        }
    }
    memory_transport net;
    net.on_request([](received_request const&) { return scripted_reply(http_reply(200, "<html>welcome</html>")); });
    auto const nowhere = put(net, settings(3), put_object_request("examplebucket", "k").body("x"));
    CHECK(nowhere.error() == errc::outcome_unknown);
    CHECK(nowhere.error().message().find("is this address the service's?") != std::string::npos);
}

TEST_CASE("a callback that was not asked for cannot fail")
{
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        auto answer = service(r);
        answer.bytes.replace(answer.bytes.find("200"), 3, "203");
        return answer;
    });
    auto const stored = put(net, settings(), put_object_request("examplebucket", "k").body("x"));
    REQUIRE(stored);
    CHECK_FALSE(stored->callback.requested());
}

TEST_CASE("an object is as old as it is when the question is answered, however long that takes")
{
    auto const date = [](testing::manual_clock::time_point t) {
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch());
        return codec::http_date(codec::wall_time(std::chrono::seconds(1'700'000'000) + seconds));
    };
    memory_transport net;
    small_service service;
    int asked = 0;
    net.on_request([&](received_request const& r) {
        auto answer = service(r);
        if (r.head.method == http::method::put) {
            service.modified = date(testing::manual_clock::now());
            return scripted_reply::lost();
        }
        if (++asked == 1)
            return scripted_reply::silence();
        answer.bytes.replace(answer.bytes.find("Sat, 16"), 29, date(testing::manual_clock::now()));
        return answer;
    });
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").body("x").callback(notify));
    REQUIRE(stored);
    CHECK(asked == 2);
    CHECK(service.callbacks == 1);
}

TEST_CASE("an answer that begins and does not end is none")
{
    for (char const* const beginning : {"HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}) {
        CAPTURE(beginning);
        memory_transport net;
        small_service service;  // which is told of the put later
        net.on_request([&](received_request const& r) {
            return r.head.method == http::method::put ? scripted_reply(beginning) : service(r);
        });
        auto const stored = put(net, settings(), put_object_request("examplebucket", "k").body("x"));
        CHECK(stored.error() == errc::outcome_unknown);
    }
}

TEST_CASE("a service that ends what it was at when the connection was lost has a moment for it, whatever the back-off")
{
    // the limit of the whole: with little time there is no moment
    for (int const limit : {0, 200, 350}) {
        int unknown = 0;
        for (unsigned seed = 1; seed <= 60; ++seed) {
            memory_transport net;
            small_service service;
            std::optional<received_request> at_work;
            auto lost = testing::manual_clock::now();
            int puts = 0;
            auto const finish = [&] {
                if (at_work)
                    (void)service(*std::exchange(at_work, std::nullopt));
            };
            net.on_request([&](received_request const& r) {
                if (r.head.method == http::method::put && ++puts == 1) {
                    at_work = r;
                    lost = testing::manual_clock::now();
                    return scripted_reply::lost();
                }
                if (testing::manual_clock::now() - lost > std::chrono::milliseconds(300))
                    finish();
                return service(r);
            });
            callback const notify("http://app.example.com/oss", "object=${object}");
            auto const request =
                put_object_request("examplebucket", "k").body("x").time_limit(std::chrono::milliseconds(limit));
            auto const stored = put(net, settings(limit == 0 ? 3 : 1).seed(seed), request.callback(notify));
            finish();
            CHECK(service.callbacks == 1);
            CHECK((stored || stored.error() == errc::outcome_unknown));
            unknown += !stored;
        }
        CHECK(unknown == (limit == 0 ? 0 : 60));
    }
}

TEST_CASE("a gateway that did not wait for the service does not know what the service does")
{
    memory_transport net;
    small_service service;  // which is told of the put later
    int puts = 0;
    net.on_request([&](received_request const& r) {
        if (r.head.method != http::method::put)
            return service(r);
        return scripted_reply(++puts == 1 ? http_reply(504) : http_reply(403, "<Error><Code>AccessDenied</Code></Error>"));
    });
    CHECK(put(net, settings(3), put_object_request("examplebucket", "k").body("x")).error() == errc::outcome_unknown);
}

TEST_CASE("what an earlier attempt stored cannot be told when the file was written to meanwhile")
{
    tests::temporary_folder const folder;
    auto const path = folder.file("f");
    std::ofstream(path) << "first";
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        if (r.head.method != http::method::put)
            return service(r);
        if (service.puts != 0)
            return scripted_reply(http_reply(403, "<Error><Code>AccessDenied</Code></Error>"));
        (void)service(r);
        std::ofstream(path) << "other";
        return scripted_reply::lost();
    });
    auto const stored = put(net, settings(3), put_object_request("examplebucket", "k").file(path));
    CHECK(service.stored == "first");
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().message().find("the source was written to") != std::string::npos);
}

TEST_CASE("an object of which an attempt has stored other bytes is not said to be as it was")
{
    for (unsigned const refusal : {403U, 500U}) {
        CAPTURE(refusal);
        memory_transport net;
        small_service service;
        net.on_request([&](received_request const& r) {
            if (r.head.method != http::method::put)
                return service(r);
            if (service.puts != 0)
                return scripted_reply(http_reply(refusal));
            auto damaged = r;
            damaged.body = "y";
            return service(damaged);
        });
        auto const stored = put(net, settings(2), put_object_request("examplebucket", "k").body("x"));
        CHECK(stored.error() == errc::crc_mismatch);
        CHECK(stored.error().message().find("an earlier attempt was stored with other bytes") != std::string::npos);
    }
}

TEST_CASE("a success without an ETag is the service's when it names the request; one that is no 200 is nobody's")
{
    for (unsigned const status : {200U, 201U, 206U}) {
        CAPTURE(status);
        memory_transport net;
        small_service service;
        net.on_request([&](received_request const& r) {
            auto answer = service(r);
            if (r.head.method == http::method::put) {
                http::fields h;
                h.set("ETag", status == 200 ? "" : "\"0123\"");
                h.set("x-oss-request-id", "5CF3E7821AB22D0FDB86704D");
                return scripted_reply(http_reply(status, {}, h));
            }
            return answer;
        });
        auto const stored = put(net, settings(), put_object_request("examplebucket", "k").body("x"));
        REQUIRE(stored);
        CHECK(service.heads == (status == 200 ? 0 : 1));
    }
}

TEST_CASE("an object that is not there was not stored, also when the file was written to meanwhile")
{
    tests::temporary_folder const folder;
    auto const path = folder.file("f");
    std::ofstream(path) << "first";
    memory_transport net;
    small_service service;
    net.on_request([&](received_request const& r) {
        if (r.head.method != http::method::put)
            return service(r);
        std::ofstream(path) << "other";
        return scripted_reply::lost();
    });
    CHECK(put(net, settings(), put_object_request("examplebucket", "k").file(path)).error() == errc::connection_closed);
}
