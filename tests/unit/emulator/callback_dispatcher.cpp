#include <ossify/emulator/callback_dispatcher.hpp>

#include <ossify/testing/memory_transport.hpp>

#include "run.hpp"

#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace ossify;
using namespace ossify::emulation;
using ossify::testing::http_reply;
using ossify::testing::manual_clock;
using ossify::testing::memory_transport;
using ossify::testing::received_request;
using ossify::testing::scripted_reply;

namespace {

/// A service whose callbacks go to a scripted application server.
struct calling {
    calling() : state(std::make_shared<service>(service_settings())) {}

    callback_verdict call(std::vector<std::string> const& urls)
    {
        for (auto const& url : urls)
            job.targets.emplace_back(url, codec::parse_url(url).value());
        job.body = "a=b";
        callback_dispatcher<memory_transport> d(state, net, std::make_shared<watchdog<manual_clock>>(io.get_executor()));
        d.public_key_url("http://127.0.0.1/key.pem");
        return tests::run(io, d.perform(job));
    }
    void answer(std::string bytes, bool close = false)
    {
        scripted_reply reply(std::move(bytes));
        reply.close = close;
        net.on_request([reply](received_request const&) { return reply; });
    }

    asio::io_context io;
    std::shared_ptr<service> state;
    memory_transport net;
    callback_job job;
};

}  // namespace

TEST_CASE("an answer that fits is given to the uploader and logged")
{
    calling c;
    c.answer(http_reply(200, "{\"a\":1}"));
    auto const verdict = c.call({"http://app.example.com/cb?x=1"});
    CHECK(verdict.delivered);
    CHECK(verdict.body == "{\"a\":1}");
    REQUIRE(c.net.requests().size() == 1);
    CHECK(c.net.requests()[0].head.target == "/cb?x=1");
    CHECK(c.net.requests()[0].body == "a=b");
    auto const& log = c.state->deliveries.entries().at(0);
    CHECK(log.delivered);
    CHECK(log.body == "a=b");
    REQUIRE(log.attempts.size() == 1);
    CHECK(log.attempts[0].status == 200);
    CHECK(log.attempts[0].answer_body == "{\"a\":1}");
}

TEST_CASE("the signature verifies with the key that the service publishes")
{
    calling c;
    c.answer(http_reply(200, "{}"));
    (void)c.call({"http://app.example.com/a%20b?x=1"});
    auto const& request = c.net.requests().at(0);
    auto const key = codec::public_key::from_pem(c.state->signing_key().value().public_pem()).value();
    auto const signature = codec::base64_decode(request.head.headers.get("Authorization")).value();
    CHECK(key.verify_md5("/a b?x=1\na=b", signature));
}

TEST_CASE("redirects are not followed")
{
    calling c;
    c.answer(http_reply(301, "{}"));
    CHECK(c.call({"http://app.example.com/"}).message == "Error status : 301.");
    CHECK(c.net.requests().size() == 1);
}

TEST_CASE("an answer of unknown length is refused at its head")
{
    calling c;
    c.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    CHECK(c.call({"http://app.example.com/"}).message == "Error Status : 400.User server missing content-length.");
}

TEST_CASE("a length that is no number is told from an answer that is not HTTP")
{
    calling c;
    c.answer("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}");
    CHECK(c.call({"http://app.example.com/"}).message ==
          "Error Status : 400.User server return invalid conent-length value.");
    calling d;
    d.answer("what do you want?\r\n\r\n");
    CHECK(d.call({"http://app.example.com/"}).message == "Error status : 502.");
}

TEST_CASE("an answer that is not JSON is refused")
{
    calling c;
    c.answer(http_reply(200, "OK"));
    CHECK(c.call({"http://app.example.com/"}).ec == "0007-00000205");
}

TEST_CASE("a server that never answers is given five seconds")
{
    calling c;
    c.net.on_request([](received_request const&) { return scripted_reply::silence(); });
    auto const began = manual_clock::now();
    auto const verdict = c.call({"http://192.0.2.1:8080/"});
    CHECK(verdict.message ==
          "Error status : -1 192.0.2.1:8080 reply timeout, cost:5000ms, timeout:5000ms (err -4, errno115)");
    CHECK(manual_clock::now() - began >= std::chrono::seconds(5));
    CHECK(manual_clock::now() - began < std::chrono::seconds(6));
}

TEST_CASE("a server that stops within its answer was too slow")
{
    calling c;
    c.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{");
    CHECK(c.call({"http://192.0.2.1/"}).message == "Cost too long time.");
}

TEST_CASE("a server that hangs up is a bad gateway")
{
    calling c;
    c.answer("", true);
    CHECK(c.call({"http://192.0.2.1/"}).message == "Error status : 502.");
    calling d;
    d.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", true);
    CHECK(d.call({"http://192.0.2.1/"}).message == "Error status : 502.");
}

TEST_CASE("the URLs are tried in order until one accepts")
{
    calling c;
    c.net.on_request([](received_request const& r) {
        return scripted_reply(r.head.target == "/third" ? http_reply(200, "{}") : http_reply(500, "{}"));
    });
    auto const verdict = c.call({"http://h/first", "http://h/second", "http://h/third", "http://h/fourth"});
    CHECK(verdict.delivered);
    CHECK(c.net.requests().size() == 3);
    auto const& log = c.state->deliveries.entries().at(0);
    REQUIRE(log.attempts.size() == 3);
    CHECK(log.attempts[0].verdict == "Error status : 500.");
    CHECK(log.attempts[2].verdict.empty());
}

TEST_CASE("when no URL accepts, the last one's failure is reported")
{
    calling c;
    c.net.on_request([](received_request const& r) {
        return scripted_reply(http_reply(r.head.target == "/b" ? 403 : 500, "{}"));
    });
    CHECK(c.call({"http://h/a", "http://h/b"}).message == "Error status : 403.");
    CHECK_FALSE(c.state->deliveries.entries().at(0).delivered);
}

TEST_CASE("a callback about a broken image is not sent")
{
    calling c;
    c.job.image_broken = true;
    CHECK(c.call({"http://h/a"}).message == "Get image info failed.");
    CHECK(c.net.requests().empty());
}

TEST_CASE("a callback that fails at any step of the network is a failure, never a success")
{
    for (std::size_t step = 1; step != 12; ++step) {
        CAPTURE(step);
        calling c;
        c.net = memory_transport(ossify::testing::fault(step));
        c.answer(http_reply(200, "{}"));
        auto const verdict = c.call({"http://h/a"});
        CHECK(verdict.delivered == verdict.message.empty());
    }
}

TEST_CASE("bytes may move one at a time")
{
    calling c;
    c.net.chop(1, 1);
    c.answer(http_reply(200, "{\"a\":1}"));
    CHECK(c.call({"http://h/a"}).body == "{\"a\":1}");
}

TEST_CASE("private addresses are known")
{
    for (char const* const text : {"10.1.2.3", "127.0.0.1", "192.168.1.1", "172.16.0.1", "172.31.255.255", "169.254.1.1",
                                   "100.64.0.1", "0.0.0.0", "::1"})
        CHECK(is_private(asio::ip::make_address(text)));
    for (char const* const text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1"})
        CHECK_FALSE(is_private(asio::ip::make_address(text)));
}
