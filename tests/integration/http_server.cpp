// The HTTP server over loopback: how it starts and how it stops.
#include <ossify/server/http_server.hpp>

#include "printers.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

awaitable<void> answer(http_exchange& x)
{
    x.reply(http::response_head(200), "here");
    co_return;
}

http_server_config at_port(std::uint16_t port) { return http_server_config().listen("127.0.0.1", port); }

/// A connection with a request that nobody answers.
class waiting_client {
public:
    explicit waiting_client(asio::io_context& io) : socket_(io) {}

    void ask(http_server const& server)
    {
        constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        socket_.connect(server.local_endpoint());
        asio::write(socket_, asio::buffer(request));
    }

private:
    asio::ip::tcp::socket socket_;
};

/// Handles what there is to handle. Returns: how many handlers that were, 1000 when there is no end to it.
std::size_t settle(asio::io_context& io)
{
    std::size_t turns = 0;
    while (turns != 1000 && io.poll_one() != 0)
        ++turns;
    return turns;
}

}  // namespace

TEST_CASE("a server whose port is taken says so each time it is started, and starts when the port is free")
{
    asio::io_context io(1);
    http_server other(io.get_executor(), http_server_config(), &answer);
    REQUIRE(other.start());
    http_server server(io.get_executor(), at_port(other.port()), &answer);
    auto const first = server.start();
    auto const second = server.start();
    asio::co_spawn(io, other.stop(), [](std::exception_ptr) {});
    settle(io);
    auto const third = server.start();
    REQUIRE_FALSE(first);
    CHECK(first.error() == errc::connection_failed);
    REQUIRE_FALSE(second);
    CHECK(second.error().message() == first.error().message());
    CHECK(third);
    CHECK(server.port() == other.port());
}

TEST_CASE("a server that listens is not started again, and goes on")
{
    asio::io_context io(1);
    http_server server(io.get_executor(), http_server_config(), &answer);
    REQUIRE(server.start());
    auto const again = server.start();
    waiting_client client(io);
    client.ask(server);
    settle(io);
    REQUIRE_FALSE(again);
    CHECK(again.error() == errc::invalid_config);
    CHECK(server.connections() == 1);
}

TEST_CASE("a server that was stopped does not start again, and says so")
{
    asio::io_context io(1);
    http_server server(io.get_executor(), http_server_config(), &answer);
    REQUIRE(server.start());
    asio::co_spawn(io, server.stop(), [](std::exception_ptr) {});
    settle(io);
    auto const again = server.start();
    REQUIRE_FALSE(again);
    CHECK(again.error() == errc::invalid_config);
}

TEST_CASE("several stops wait at the same time without keeping the loop busy, and the one with the least patience counts")
{
    asio::io_context io(1);
    asio::steady_timer never(io, asio::steady_timer::time_point::max());
    bool entered = false;
    http_server server(io.get_executor(), http_server_config(), [&](http_exchange&) -> awaitable<void> {
        entered = true;
        co_await never.async_wait(awaited);
    });
    REQUIRE(server.start());
    waiting_client client(io);
    client.ask(server);
    while (!entered)
        io.run_one();
    int ended = 0;
    auto const on_end = [&](std::exception_ptr) { ++ended; };
    asio::co_spawn(io, server.stop(1h), on_end);
    asio::co_spawn(io, server.stop(2h), on_end);
    REQUIRE(settle(io) < 1000);
    CHECK(ended == 0);
    asio::co_spawn(io, server.stop(0ms), on_end);
    io.run();
    CHECK(ended == 3);
    CHECK(server.connections() == 0);
}
