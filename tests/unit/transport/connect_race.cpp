#include <ossify/transport/connect_race.hpp>
#include <ossify/transport/net_stream.hpp>

#include "cancel.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using asio::ip::tcp;

namespace {

tcp::endpoint const anywhere(asio::ip::address_v4::loopback(), 0);

/// An address that answers nothing: its queue of connections is full.
class mute_address {
public:
    mute_address()
    {
        acceptor_.open(anywhere.protocol());
        acceptor_.bind(anywhere);
        acceptor_.listen(0);
        for (int i = 0; i != 4; ++i) {
            fillers_.emplace_back(io_);
            fillers_.back().async_connect(address(), [](std::error_code) {});
        }
    }
    tcp::endpoint address() const { return acceptor_.local_endpoint(); }

private:
    asio::io_context io_;  // is never run: the attempts begin, which is enough
    tcp::acceptor acceptor_{io_};
    std::list<tcp::socket> fillers_;
};

tcp::endpoint refusing(asio::io_context& io)
{
    return tcp::acceptor(io, anywhere).local_endpoint();  // nobody listens there any more
}

struct scene {
    std::error_code connect(std::vector<tcp::endpoint> const& candidates, std::chrono::milliseconds pause)
    {
        detail::connect_race race(io.get_executor(), io.get_executor(), candidates, pause);
        asio::co_spawn(io, race.run(socket), [&](std::exception_ptr, std::error_code ec) { outcome = ec; });
        io.run_for(30s);
        CHECK(io.stopped());  // no attempt and no timer is left
        return outcome.value();
    }

    asio::io_context io{1};
    tcp::acceptor good{io, anywhere};
    tcp::socket socket{io};
    std::optional<std::error_code> outcome;
};

}  // namespace

TEST_CASE("an address that swallows everything does not keep the next one from being tried")
{
    scene s;
    mute_address const first, second;
    CHECK_FALSE(s.connect({first.address(), second.address(), s.good.local_endpoint()}, 20ms));
    CHECK(s.socket.remote_endpoint() == s.good.local_endpoint());
}

TEST_CASE("the first address that answers is taken, and the others are not waited for")
{
    scene s;
    mute_address const mute;
    CHECK_FALSE(s.connect({s.good.local_endpoint(), mute.address()}, 1h));
    CHECK(s.socket.remote_endpoint() == s.good.local_endpoint());
}

TEST_CASE("after a failure the next address is tried at once")
{
    scene s;
    CHECK_FALSE(s.connect({refusing(s.io), refusing(s.io), s.good.local_endpoint()}, 1h));
    CHECK(s.socket.remote_endpoint() == s.good.local_endpoint());
}

TEST_CASE("an attempt goes on while later ones fail")
{
    scene s;
    mute_address const mute;
    detail::connect_race race(s.io.get_executor(), s.io.get_executor(), {mute.address(), refusing(s.io)}, 1ms);
    asio::co_spawn(s.io, race.run(s.socket), [&](std::exception_ptr, std::error_code ec) { s.outcome = ec; });
    s.io.run_for(100ms);
    CHECK_FALSE(s.outcome);
    race.abandon();
    s.io.run();
    CHECK(s.outcome == asio::error::operation_aborted);
}

TEST_CASE("when all addresses fail, the last failure is the outcome")
{
    scene s;
    CHECK(s.connect({refusing(s.io), refusing(s.io)}, 1h) == asio::error::connection_refused);
    CHECK_FALSE(s.socket.is_open());
}

TEST_CASE("a race can be abandoned or cancelled after any handler, and leaves nothing behind")
{
    for (std::size_t handlers = 0; handlers != 12; ++handlers) {
        for (bool const cancel : {false, true}) {
            CAPTURE(handlers);
            CAPTURE(cancel);
            scene s;
            mute_address const mute;
            std::vector<tcp::endpoint> const candidates{refusing(s.io), mute.address(), s.good.local_endpoint()};
            detail::connect_race race(s.io.get_executor(), s.io.get_executor(), candidates, 0ms);
            if (cancel) {
                s.outcome = tests::interrupt(s.io, race.run(s.socket), handlers).value;
            } else {
                asio::co_spawn(s.io, race.run(s.socket), [&](std::exception_ptr, std::error_code ec) { s.outcome = ec; });
                for (std::size_t n = 0; n != handlers && !s.outcome; ++n)
                    s.io.poll_one();
                if (!s.outcome)
                    race.abandon();
                s.io.poll();
            }
            REQUIRE(s.outcome);
            CHECK((!s.socket.is_open() || !*s.outcome));
            s.io.restart();
            s.io.poll();
            CHECK(s.io.stopped());
        }
    }
}

TEST_CASE("a stream that connects is closed at any moment")
{
    for (std::size_t handlers = 0; handlers != 6; ++handlers) {
        CAPTURE(handlers);
        asio::io_context io(1);
        mute_address const mute;
        net_stream stream(io.get_executor(), std::make_shared<detail::client_tls>());
        peer const to("127.0.0.1", mute.address().port(), false);
        std::optional<result<void>> outcome;
        asio::co_spawn(io, stream.connect(to), [&](std::exception_ptr, result<void> r) { outcome = std::move(r); });
        for (std::size_t n = 0; n != handlers; ++n)
            io.poll_one();
        REQUIRE_FALSE(outcome);
        stream.close();
        io.run_for(10s);
        REQUIRE(outcome);
        CHECK_FALSE(*outcome);
        CHECK(outcome->error().code() == asio::error::operation_aborted);
    }
}
