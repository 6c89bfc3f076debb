#include <ossify/emulator/front.hpp>

#include <ossify/emulator/fault_text.hpp>
#include <ossify/server/connection.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "emulated.hpp"
#include "played_client.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace ossify;
using namespace std::chrono_literals;
using ossify::testing::manual_clock;
using ossify::testing::memory_transport;

namespace {

/// The emulator's front behind a connection to a played client.
struct fronted {
    explicit fronted(bool guarded = false)
        : state(std::make_shared<emulation::service>(with_log(this, guarded))),
          dog(std::make_shared<watchdog<manual_clock>>(io.get_executor())), client(io.get_executor())
    {
        emulation::bucket_record bucket;
        bucket.name = "photos";
        (void)state->objects.put_bucket(std::move(bucket));
    }

    static emulation::service_settings with_log(fronted* self, bool guarded)
    {
        auto settings = tests::emulated::open();
        settings.authenticate = guarded;
        settings.log = [self](std::string_view line) { self->log.append(line).append("\n"); };
        return settings;
    }

    void faults(std::string_view text) { emulation::add_faults(state->faults, text).value(); }

    /// Sends the requests, and returns all that came back.
    std::string const& run()
    {
        emulation::front<memory_transport> f(state, net, dog);
        http_handler const handler = [&f](http_exchange& x) { return f.handle(x); };
        http_connection<tests::played_client, manual_clock> connection(client, io.get_executor(), dog, limits, handler,
                                                                       http_client_facts());
        auto const began = manual_clock::now();
        asio::co_spawn(io, connection.run(), [&](std::exception_ptr e) {
            threw = e != nullptr;
            took = manual_clock::now() - began;
        });
        CHECK(ossify::testing::run_in_virtual_time(io));
        CHECK_FALSE(threw);
        return client.received;
    }

    asio::io_context io;
    std::string log;
    std::shared_ptr<emulation::service> state;
    std::shared_ptr<watchdog<manual_clock>> dog;
    memory_transport net;
    tests::played_client client;
    http_limits limits;
    std::chrono::nanoseconds took{};
    bool threw = false;
};

std::string put(std::string const& body, std::string const& more = {})
{
    return "PUT /photos/k?secret=s HTTP/1.1\r\nHost: localhost\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string const get = "GET /photos/k HTTP/1.1\r\nHost: localhost\r\n\r\n";
std::string const list = "GET /photos/?bucketInfo HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("an object goes in and out over a connection")
{
    fronted f;
    std::string const body(700'000, 'x');
    f.client.sends(put(body) + get);
    auto const& got = f.run();
    CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(got.ends_with(body));
}

TEST_CASE("an early refusal reaches a client that is still sending")
{
    fronted f;
    std::string const piece(500'000, 'x');
    f.client.sends("PUT /nowhere/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        .sends(piece, 1ms)
        .sends(piece, 1ms);
    auto const& got = f.run();
    CHECK(got.starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(got.find("NoSuchBucket") != std::string::npos);
    CHECK(f.client.saw_end);
}

TEST_CASE("the log has a line for each request, without its query")
{
    fronted f;
    f.client.sends(put("abc") + "GET /photos/none HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)f.run();
    CHECK(f.log.starts_with("PUT /photos/k PutObject 200 "));
    CHECK(f.log.find("GET /photos/none GetObject 404 ") != std::string::npos);
    CHECK(f.log.find("NoSuchKey: The specified key does not exist.") != std::string::npos);
    CHECK(f.log.find("secret") == std::string::npos);
}

TEST_CASE("nobody can write a line of the log")
{
    fronted f(true);
    f.client.sends("GET /photos/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: OSS a\tb:c2ln\r\n"
                   "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n"
                   "GET /photos/k?OSSAccessKeyId=a%0AGET%20/&Expires=1700000001&Signature=s HTTP/1.1\r\n"
                   "Host: localhost\r\n\r\n");
    (void)f.run();
    CHECK(f.log.find("InvalidAccessKeyId: there is no key \"a?GET /\"") != std::string::npos);
    CHECK(tests::count_of(f.log, "\n") == 2);
}

TEST_CASE("a client that leaves stores nothing")
{
    fronted f;
    f.client.sends("PUT /photos/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(f.run().empty());
    CHECK(f.state->objects.find_object("photos", "k") == nullptr);
    CHECK(f.log.find(" dropped ") != std::string::npos);
}

TEST_CASE("the public key is served")
{
    fronted f;
    f.client.sends("GET /callback_pub_key_v1.pem HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(f.run().find("-----BEGIN PUBLIC KEY-----") != std::string::npos);
}

TEST_CASE("a callback is performed between the put and its answer")
{
    fronted f;
    f.net.on_request([](auto const& r) {
        return ossify::testing::scripted_reply(ossify::testing::http_reply(200, "{\"got\":\"" + r.body + "\"}"));
    });
    auto const callback = tests::base64(R"({"callbackUrl":"http://127.0.0.1/","callbackBody":"k=${object}"})");
    f.client.sends(put("abc", "x-oss-callback: " + callback + "\r\n"));
    CHECK(f.run().ends_with("{\"got\":\"k=k\"}"));
}

TEST_CASE("a delay holds the request back")
{
    fronted f;
    f.faults("delay=3s");
    f.client.sends(put("abc"));
    (void)f.run();
    CHECK(f.took >= 3s);
}

TEST_CASE("bandwidth slows a body down")
{
    fronted f;
    f.faults("bandwidth=1000");
    f.client.sends(put(std::string(5'000, 'x')));
    CHECK(f.run().starts_with("HTTP/1.1 200 OK"));
    CHECK(f.took >= 5s);
}

TEST_CASE("a reset within the body stores nothing")
{
    fronted f;
    f.faults("reset=2");
    f.client.sends(put("abc"));
    CHECK(f.run().empty());
    CHECK(f.state->objects.find_object("photos", "k") == nullptr);
}

TEST_CASE("an error comes instead of the operation, with the time to wait")
{
    fronted f;
    f.faults("status=503,qos-delay=250ms");
    f.client.sends(put("abc"));
    auto const& got = f.run();
    CHECK(got.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(got.find("x-oss-qos-delay-time: 250\r\n") != std::string::npos);
    CHECK(got.find("<Code>ServiceUnavailable</Code>") != std::string::npos);
    CHECK(f.state->objects.find_object("photos", "k") == nullptr);
}

TEST_CASE("a lost answer leaves the object stored")
{
    fronted f;
    f.faults("lost-answer");
    f.client.sends(put("abc"));
    CHECK(f.run().empty());
    CHECK(f.state->objects.find_object("photos", "k") != nullptr);
    CHECK(f.log.find("(on purpose: lost-answer)") != std::string::npos);
}

TEST_CASE("a wrong CRC and a wrong ETag differ from what is stored")
{
    fronted f;
    f.faults("wrong-crc,wrong-etag");
    f.client.sends(put("123456789"));
    auto const& got = f.run();
    CHECK(got.find("x-oss-hash-crc64ecma: 11051210869376104955\r\n") != std::string::npos);
    CHECK(got.find("ETag: \"00000000000000000000000000000000\"") != std::string::npos);
}

TEST_CASE("a truncated answer announces more than comes")
{
    fronted f;
    f.client.sends(list);
    std::string const whole = f.run();
    fronted g;
    g.faults("truncated");
    g.client.sends(list);
    std::string const cut = g.run();
    CHECK(cut.find("<BucketInfo>") != std::string::npos);
    CHECK(cut.find("</BucketInfo>") == std::string::npos);
    auto const length_of = [](std::string const& text) {
        auto const at = text.find("Content-Length: ");
        return text.substr(at, text.find('\r', at) - at);
    };
    CHECK(length_of(cut) == length_of(whole));
}

TEST_CASE("a malformed answer is whole HTTP and half XML")
{
    fronted f;
    f.faults("malformed");
    f.client.sends(list + get);
    auto const& got = f.run();
    CHECK(got.find("</BucketInfo>") == std::string::npos);
    CHECK(tests::count_of(got, "HTTP/1.1 ") == 2);
}

TEST_CASE("slow headers come in pieces")
{
    fronted f;
    f.faults("slow-headers=1s");
    f.client.sends(put("abc"));
    auto const& got = f.run();
    CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(got.find("Content-Length: 0\r\n") != std::string::npos);
    CHECK(f.took >= 10s);
}

TEST_CASE("a callback that fails on purpose is not sent")
{
    fronted f;
    f.faults("callback=slow");
    auto const callback = tests::base64(R"({"callbackUrl":"http://127.0.0.1/","callbackBody":"k=${object}"})");
    f.client.sends(put("abc", "x-oss-callback: " + callback + "\r\n"));
    CHECK(f.run().find("Cost too long time.") != std::string::npos);
    CHECK(f.net.requests().empty());
    CHECK(f.state->objects.find_object("photos", "k") != nullptr);
}

TEST_CASE("a clock that is off shows in the Date header")
{
    fronted f;
    f.faults("clock=1h");
    f.client.sends(get);
    CHECK(f.run().find("Date: Tue, 14 Nov 2023 23:13:20 GMT") != std::string::npos);
}
