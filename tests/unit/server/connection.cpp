#include <ossify/server/connection.hpp>

#include <ossify/testing/manual_clock.hpp>

#include "played_client.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using ossify::testing::manual_clock;

namespace {

/// What the handlers of these tests saw.
std::vector<std::string> seen;

awaitable<void> echo(http_exchange& x)
{
    auto body = co_await x.read_body(1 << 20);
    seen.push_back(x.head().target + "|" + (body ? *body : to_string(body.error())));
    http::response_head head(200);
    x.reply(std::move(head), body ? *body : "error");
}

awaitable<void> refuse_unread(http_exchange& x)
{
    seen.push_back(x.head().target);
    http::response_head head(403);
    x.reply(std::move(head), "no");
    co_return;
}

awaitable<void> fail(http_exchange&)
{
    throw std::runtime_error("broken");
    co_return;
}

awaitable<void> fail_with_a_number(http_exchange&)
{
    throw 1;
    co_return;
}

awaitable<void> stream_ten(http_exchange& x)
{
    http::response_head head(200);
    (void)co_await x.start_reply(std::move(head), 10);
    std::string const half = "01234";
    (void)co_await x.send(std::as_bytes(std::span(half)));
    (void)co_await x.send(std::as_bytes(std::span(half)));
}

awaitable<void> stream_too_little(http_exchange& x)
{
    http::response_head head(200);
    (void)co_await x.start_reply(std::move(head), 10);
    std::string const half = "01234";
    (void)co_await x.send(std::as_bytes(std::span(half)));
}

awaitable<void> hang_up(http_exchange& x)
{
    x.drop();
    co_return;
}

awaitable<void> length_for_head(http_exchange& x)
{
    http::response_head head(200);
    head.headers.set("Content-Length", "77");
    x.reply(std::move(head));
    co_return;
}

/// A connection to a played client, served by one handler in virtual time.
class served {
public:
    served() : client(io.get_executor()) { seen.clear(); }

    void run(http_handler handler)
    {
        start(std::move(handler));
        CHECK(ossify::testing::run_in_virtual_time(io));
    }
    void start(http_handler handler)
    {
        handler_ = std::move(handler);
        connection.emplace(client, io.get_executor(), std::make_shared<watchdog<manual_clock>>(io.get_executor()),
                           limits, handler_, http_client_facts());
        asio::co_spawn(io, connection->run(), [this](std::exception_ptr e) { threw = e != nullptr; });
    }

    asio::io_context io;
    tests::played_client client;
    http_limits limits;
    std::optional<http_connection<tests::played_client, manual_clock>> connection;
    bool threw = false;

private:
    http_handler handler_;
};

std::string const get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
std::string const post_b = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";

}  // namespace

TEST_CASE("two requests on one connection are answered in order")
{
    served s;
    s.client.sends(post_b).sends(get_a);
    s.run(&echo);
    CHECK(seen == std::vector<std::string>{"/b|abc", "/a|"});
    CHECK(s.client.received == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(s.client.closed);
    CHECK_FALSE(s.threw);
}

TEST_CASE("pipelined requests are answered in order")
{
    served s;
    s.client.sends(post_b + get_a + post_b);
    s.run(&echo);
    CHECK(seen == std::vector<std::string>{"/b|abc", "/a|", "/b|abc"});
}

TEST_CASE("requests and answers may move one byte at a time")
{
    served s;
    s.client.sends(post_b + get_a).chop(1);
    s.run(&echo);
    CHECK(seen == std::vector<std::string>{"/b|abc", "/a|"});
    CHECK(s.client.received.ends_with("Content-Length: 0\r\n\r\n"));
}

TEST_CASE("a client that waits for 100 Continue is told when the handler reads")
{
    served s;
    s.client.sends("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n").sends("abc", 10ms);
    s.run(&echo);
    CHECK(s.client.received.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
    CHECK(seen.front() == "/b|abc");
}

TEST_CASE("a client that waits for 100 Continue gets only the refusal when the handler does not read")
{
    served s;
    s.client.sends("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    s.run(&refuse_unread);
    CHECK(s.client.received == "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    CHECK(s.client.saw_end);
}

TEST_CASE("a large body that nobody reads is thrown away after the answer, and the connection is closed")
{
    served s;
    std::string const piece(100'000, 'x');
    s.client.sends("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n");
    for (int i = 0; i != 9; ++i)
        s.client.sends(piece, 1ms);
    s.run(&refuse_unread);
    CHECK(s.client.received.find("403 Forbidden") != std::string::npos);
    CHECK(s.client.received.find("Connection: close") != std::string::npos);
    CHECK(s.client.saw_end);
}

TEST_CASE("a small body that nobody reads costs no connection")
{
    served s;
    s.client.sends(post_b.substr(0, post_b.size() - 1)).sends("c", 1ms).sends(get_a);
    s.run(&refuse_unread);
    CHECK(seen == std::vector<std::string>{"/b", "/a"});
}

TEST_CASE("an ambiguous request is refused and ends the connection")
{
    served s;
    s.client.sends("POST /b HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc").sends(get_a);
    s.run(&echo);
    CHECK(seen.empty());
    CHECK(s.client.received.starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_CASE("a request that begins wrong behind a good one is refused too")
{
    served s;
    s.client.sends(get_a + "GARBAGE\r\n\r\n");
    s.run(&echo);
    CHECK(seen.size() == 1);
    CHECK(s.client.received.find("HTTP/1.1 400 Bad Request") != std::string::npos);
}

TEST_CASE("too large a head is refused with 431")
{
    served s;
    s.limits.header_bytes = 200;
    s.client.sends("GET /a HTTP/1.1\r\nX: " + std::string(1000, 'x') + "\r\n\r\n");
    s.run(&echo);
    CHECK(s.client.received.starts_with("HTTP/1.1 431 "));
}

TEST_CASE("a body beyond the limit is refused with 413 before it comes")
{
    served s;
    s.limits.body_bytes = 10;
    s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n").stays();
    s.run(&echo);
    CHECK(s.client.received.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a head that does not end is refused with 408")
{
    served s;
    s.client.sends("GET /a HT").stays();
    s.limits.head = 5s;
    s.run(&echo);
    CHECK(s.client.closed);
    CHECK(seen.empty());
}

TEST_CASE("an idle connection is closed without a word")
{
    served s;
    s.client.sends(get_a).stays();
    auto const before = manual_clock::now();
    s.run(&echo);
    CHECK(seen.size() == 1);
    CHECK(manual_clock::now() - before >= s.limits.idle);
    CHECK(s.client.received == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("slow but steady bodies are taken")
{
    served s;
    s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
    for (int i = 0; i != 4; ++i)
        s.client.sends("x", 20s);
    s.run(&echo);
    CHECK(seen == std::vector<std::string>{"/b|xxxx"});
}

TEST_CASE("a body that stops coming ends the handler's wait")
{
    served s;
    s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab").stays();
    s.run(&echo);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].find("no byte moved for too long") != std::string::npos);
}

TEST_CASE("a client that leaves inside its body is seen as gone")
{
    served s;
    s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    s.run(&echo);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].find("closed before") != std::string::npos);
}

TEST_CASE("a client that takes no answer is given up")
{
    served s;
    s.client.sends(get_a).stays().reads_nothing();
    s.run(&echo);
    CHECK(s.client.closed);
    CHECK(s.client.received.empty());
}

TEST_CASE("a handler that throws is answered for with 500")
{
    served s;
    s.client.sends(get_a).sends(get_a);
    s.run(&fail);
    CHECK(s.client.received.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK(s.client.received.find("Connection: close") != std::string::npos);
    CHECK_FALSE(s.threw);
}

TEST_CASE("a handler that throws what is no std::exception is answered for, too")
{
    served s;
    s.client.sends(get_a);
    s.run(&fail_with_a_number);
    CHECK(s.client.received.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK_FALSE(s.threw);
}

TEST_CASE("a handler may end the connection without an answer")
{
    served s;
    s.client.sends(get_a);
    s.run(&hang_up);
    CHECK(s.client.received.empty());
    CHECK(s.client.closed);
}

TEST_CASE("an answer to HEAD has a length and no body")
{
    served s;
    s.client.sends("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get_a);
    s.run(&length_for_head);
    CHECK(s.client.received.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\nHTTP/1.1 200"));
}

TEST_CASE("a streamed answer keeps the connection")
{
    served s;
    s.client.sends(get_a + get_a);
    s.run(&stream_ten);
    std::string const one = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123401234";
    CHECK(s.client.received == one + one);
}

TEST_CASE("a streamed answer that ends early ends the connection")
{
    served s;
    s.client.sends(get_a + get_a);
    s.run(&stream_too_little);
    CHECK(s.client.received == "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    CHECK_FALSE(s.client.saw_end);
}

TEST_CASE("HTTP/1.0 closes unless it asks for more")
{
    served s;
    s.client.sends("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\nGET /c HTTP/1.0\r\n\r\n");
    s.run(&echo);
    CHECK(seen == std::vector<std::string>{"/a|", "/b|"});
    CHECK(s.client.received.find("Connection: keep-alive") != std::string::npos);
}

TEST_CASE("stop_soon closes an idle connection at once")
{
    served s;
    s.client.sends(get_a).stays();
    s.start(&echo);
    while (seen.empty())
        s.io.poll_one();
    s.io.poll();
    s.connection->stop_soon();
    s.io.poll();
    CHECK(s.client.closed);
}

TEST_CASE("stop_soon lets the exchange under way end")
{
    served s;
    s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab").sends("cd", 1s).sends(get_a);
    s.start(&echo);
    for (int i = 0; i != 10; ++i)
        s.io.poll();
    s.connection->stop_soon();
    CHECK(s.connection->busy());
    CHECK(ossify::testing::run_in_virtual_time(s.io));
    CHECK(seen == std::vector<std::string>{"/b|abcd"});
    CHECK(s.client.received.find("Connection: close") != std::string::npos);
}

TEST_CASE("a connection can be cancelled at every step")
{
    for (int steps = 0; steps != 40; ++steps) {
        CAPTURE(steps);
        served s;
        s.client.sends("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n").sends("a", 1ms).sends("b", 1ms).stays();
        http_handler const handler = &echo;
        http_connection<tests::played_client, manual_clock> connection(
            s.client, s.io.get_executor(), std::make_shared<watchdog<manual_clock>>(s.io.get_executor()), s.limits,
            handler, http_client_facts());
        asio::cancellation_signal stop;
        bool ended = false;
        asio::co_spawn(s.io, connection.run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
        for (int i = 0; i != steps && s.io.poll_one() != 0; ++i)
            manual_clock::advance(1ms);
        stop.emit(asio::cancellation_type::terminal);
        s.client.close();
        CHECK(ossify::testing::run_in_virtual_time(s.io));
        CHECK(ended);
    }
}
