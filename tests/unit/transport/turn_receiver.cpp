#include <ossify/transport/turn_receiver.hpp>

#include "cancel.hpp"

#include <asio/buffer.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

using namespace ossify;

namespace {

/// Two ends of a connection; what `near` says is received at `far`.
class line {
public:
    line()
    {
        asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        near.connect(acceptor.local_endpoint());
        acceptor.accept(far);
        far.non_blocking(true);
    }

    void say(std::string_view text) { asio::write(near, asio::buffer(text)); }

    awaitable<io_outcome> receive() { return receiver.receive(std::as_writable_bytes(std::span(memory))); }

    /// Receives without end, into `outcome`.
    void start()
    {
        asio::co_spawn(io, receive(), [this](std::exception_ptr thrown, io_outcome got) {
            REQUIRE(thrown == nullptr);
            outcome = got;
        });
    }

    std::string received() const { return std::string(memory.data(), std::get<1>(outcome.value())); }

    asio::io_context io;
    asio::ip::tcp::socket near{io};
    asio::ip::tcp::socket far{io};
    detail::turn_receiver receiver{far};
    std::array<char, 16> memory{};
    std::optional<io_outcome> outcome;
};

}  // namespace

TEST_CASE("what comes in before the turn is received without waiting")
{
    line l;
    l.start();
    CHECK(l.io.poll_one() == 1);  // now it has queued up
    REQUIRE_FALSE(l.outcome);
    l.say("early");
    CHECK(l.io.poll_one() == 1);
    REQUIRE(l.outcome);
    CHECK_FALSE(std::get<0>(*l.outcome));
    CHECK(l.received() == "early");
}

TEST_CASE("those that were ready before it have their turn first")
{
    line l;
    std::string order;
    auto const receive = [&]() -> awaitable<io_outcome> {
        asio::post(l.io, [&] { order += l.far.available() == 5 ? "another;" : "too late;"; });
        auto const got = co_await l.receive();
        order += "received;";
        co_return got;
    };
    l.say("there");
    asio::co_spawn(l.io, receive, [&](std::exception_ptr, io_outcome got) { l.outcome = got; });
    l.io.run();
    CHECK(order == "another;received;");
    CHECK(l.received() == "there");
}

TEST_CASE("what comes in later is received when it comes")
{
    line l;
    l.start();
    l.io.poll();
    REQUIRE_FALSE(l.outcome);
    l.say("late");
    l.io.restart();
    l.io.run();
    CHECK(l.received() == "late");
}

TEST_CASE("after a turn in vain the next seven receives ask at once, and the eighth takes its turn again")
{
    line l;
    l.start();
    l.io.poll();
    l.say("late");
    l.io.restart();
    l.io.run();
    for (int i = 1; i <= 8; ++i) {
        CAPTURE(i);
        l.outcome.reset();
        l.say("text");
        l.start();
        l.io.restart();
        l.io.poll_one();
        CHECK(l.far.available() == (i <= 7 ? 0 : 4));
        l.io.run();
        CHECK(l.received() == "text");
    }
}

TEST_CASE("the whole of the memory is used, and no more")
{
    line l;
    l.say("0123456789abcdefXYZ");
    l.start();
    l.io.run();
    CHECK(l.received() == "0123456789abcdef");
    CHECK(l.far.available() == 3);
}

TEST_CASE("who awaits goes on where it runs, not where the socket does")
{
    line l;
    asio::io_context home;
    bool at_home = false;
    auto const receive = [&]() -> awaitable<void> {
        auto const got = co_await l.receive();
        at_home = home.get_executor().running_in_this_thread() && std::get<1>(got) == 4;
    };
    l.say("text");
    asio::co_spawn(home, receive, [](std::exception_ptr) {});
    home.poll_one();
    l.io.poll();
    CHECK_FALSE(at_home);
    home.poll();
    CHECK(at_home);
}

TEST_CASE("the end of the peer is told in turn, too")
{
    line l;
    l.near.close();
    l.start();
    l.io.run();
    REQUIRE(l.outcome);
    CHECK(std::get<0>(*l.outcome) == asio::error::eof);
    CHECK(std::get<1>(*l.outcome) == 0);
}

TEST_CASE("a socket that is closed before its turn gives what one gives that is closed while it waits")
{
    for (bool const waits : {false, true}) {
        CAPTURE(waits);
        line l;
        l.start();
        if (waits)
            l.io.poll();
        else
            l.io.poll_one();
        REQUIRE_FALSE(l.outcome);
        l.far.close();
        l.io.restart();
        l.io.run();
        REQUIRE(l.outcome);
        CHECK(std::get<0>(*l.outcome) == asio::error::operation_aborted);
    }
}

TEST_CASE("cancellation of every type is heard at any time, and takes no bytes")
{
    auto const receive = [](line& on) -> awaitable<io_outcome> {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_await asio::this_coro::throw_if_cancelled(false);
        co_return co_await on.receive();
    };
    using type = asio::cancellation_type;
    for (type const how : {type::terminal, type::partial, type::total}) {
        for (std::string const text : {"", "text"}) {
            int cancelled = 0;
            for (std::size_t handlers = 1; handlers != 5; ++handlers) {
                CAPTURE(static_cast<unsigned>(how));
                CAPTURE(text);
                CAPTURE(handlers);
                line l;
                l.say(text);
                auto const got = tests::interrupt(l.io, receive(l), handlers, how);
                REQUIRE(got.value);
                auto const [ec, bytes] = *got.value;
                cancelled += got.cancelled ? 1 : 0;
                CHECK(bytes == (got.cancelled ? 0 : 4));
                CHECK(l.far.available() == (got.cancelled ? text.size() : 0));
                CHECK((ec == asio::error::operation_aborted) == got.cancelled);
                CHECK(static_cast<bool>(ec) == got.cancelled);
            }
            CHECK(cancelled > 0);
            CHECK((cancelled < 4) == !text.empty());
        }
    }
}

TEST_CASE("an executor that goes takes with it what waits for its turn")
{
    auto l = std::make_unique<line>();
    auto const alive = std::make_shared<int>();
    auto const receive = [](line& on, std::shared_ptr<int>) -> awaitable<io_outcome> { co_return co_await on.receive(); };
    asio::co_spawn(l->io, receive(*l, alive), [](std::exception_ptr, io_outcome) { FAIL("it was called"); });
    l->io.poll_one();
    CHECK(alive.use_count() == 2);
    l.reset();
    CHECK(alive.use_count() == 1);
}
