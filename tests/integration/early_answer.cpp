// A service that answers before it has read everything, over real sockets.
#include <ossify/client.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ossify;

namespace {

constexpr std::size_t body_bytes = 64 * 1024 * 1024;  // more than sockets hold

enum class then { keeps_open, half_closes };

/// Reads a little of each request, answers 403 after a moment, and reads no more.
class curt_service {
public:
    curt_service(asio::io_context& io, then what, std::optional<tls_context> tls)
        : acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}), what_(what), tls_(std::move(tls))
    {
        asio::co_spawn(io, accept(), asio::detached);
    }

    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

private:
    awaitable<void> accept()
    {
        for (;;) {
            auto [ec, socket] = co_await acceptor_.async_accept(awaited);
            if (ec)
                co_return;
            streams_.push_back(std::make_unique<net_stream>(net_stream::socket_type(std::move(socket))));
            asio::co_spawn(acceptor_.get_executor(), serve(*streams_.back()), asio::detached);
        }
    }

    awaitable<void> serve(net_stream& stream)
    {
        if (tls_)
            (co_await stream.accept_secure(*tls_)).value();
        std::array<std::byte, 1024> some{};
        (void)co_await read_some(stream, some);
        asio::steady_timer moment(acceptor_.get_executor(), std::chrono::milliseconds(300));
        co_await moment.async_wait(awaited);
        std::string const text = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nx-oss-request-id: 5C3D9175B6FC201293AD0001\r\n"
                                 "x-oss-ec: 0003-00000001\r\n\r\n";
        std::array<asio::const_buffer, 1> const out{asio::buffer(text)};
        (void)stream.try_write_some(out);
        if (what_ == then::half_closes)
            (void)co_await stream.shutdown();
    }

    asio::ip::tcp::acceptor acceptor_;
    then what_;
    std::optional<tls_context> tls_;
    std::vector<std::unique_ptr<net_stream>> streams_;
};

}  // namespace

TEST_CASE("an answer that comes while the socket is full ends the sending")
{
    tests::temporary_folder const folder;
    tests::certificate const authority("test authority", "", nullptr);
    tests::certificate const server("server", "IP:127.0.0.1", &authority);
    authority.write(folder.file("ca.pem"));
    server.write(folder.file("cert.pem"), folder.file("key.pem"));
    std::string const content(body_bytes, 'x');

    for (bool const secure : {false, true}) {
        for (then const what : {then::keeps_open, then::half_closes}) {
            CAPTURE(secure);
            CAPTURE(what == then::half_closes);
            asio::io_context io(1);
            std::optional<tls_context> tls;
            config c;
            if (secure) {
                tls = tls_context::server(folder.file("cert.pem"), folder.file("key.pem")).value();
                c.tls(tls_context::client_trusting(folder.file("ca.pem")).value());
            }
            curt_service service(io, what, tls);
            c.endpoint((secure ? "https://127.0.0.1:" : "http://127.0.0.1:") + service.port()).region("cn-hangzhou");
            c.credentials(credentials("ak", secret("sk")));
            client oss(io.get_executor(), c);
            std::optional<result<stored_object<>>> got;
            auto const began = std::chrono::steady_clock::now();
            auto on_end = [&](std::exception_ptr, result<stored_object<>> r) {
                got = std::move(r);
                io.stop();
            };
            asio::co_spawn(io, oss.put_object(put_object_request("examplebucket", "k").body(asio::buffer(content))), on_end);
            io.run_for(std::chrono::seconds(20));
            REQUIRE(got);
            REQUIRE(!*got);
            CHECK(got->error().info().http_status == 403);
            CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
        }
    }
}
