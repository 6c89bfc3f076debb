#include <ossify/async/event.hpp>

#include "cancel.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <vector>

using namespace ossify;

namespace {

awaitable<void> wait_and_note(event& e, std::uint64_t seen, int number, std::vector<int>& woken)
{
    bool const happened = co_await e.wait(seen);
    woken.push_back(happened ? number : -number);
}

awaitable<int> wait_for(event& e, std::uint64_t seen)
{
    bool const happened = co_await e.wait(seen);
    co_return happened ? 1 : 0;
}

}  // namespace

TEST_CASE("an event wakes all who wait")
{
    asio::io_context io;
    event e;
    std::vector<int> woken;
    asio::co_spawn(io, wait_and_note(e, e.count(), 1, woken), asio::detached);
    asio::co_spawn(io, wait_and_note(e, e.count(), 2, woken), asio::detached);
    io.poll();
    CHECK(woken.empty());
    e.happen();
    io.run();
    CHECK(woken == std::vector<int>{1, 2});
}

TEST_CASE("what happened since the count was taken is not missed")
{
    asio::io_context io;
    event e;
    auto const seen = e.count();
    e.happen();
    CHECK(tests::run(io, wait_for(e, seen)) == 1);
}

TEST_CASE("a cancelled wait ends at once and says so")
{
    asio::io_context io;
    event e;
    auto const out = tests::interrupt(io, wait_for(e, e.count()), 5);
    CHECK(out.cancelled);
    CHECK(out.value == 0);
}

TEST_CASE("an event does not touch who left the line")
{
    asio::io_context io;
    event e;
    (void)tests::interrupt(io, wait_for(e, e.count()), 5);
    e.happen();
    io.restart();
    CHECK(io.poll() == 0);
}

TEST_CASE("an event may outlive the io_context of who waited")
{
    event e;
    std::vector<int> woken;
    {
        asio::io_context io;
        asio::co_spawn(io, wait_and_note(e, e.count(), 1, woken), asio::detached);
        io.poll();
    }
    e.happen();
    CHECK(woken.empty());
}

TEST_CASE("an event wakes coroutines on other threads")
{
    asio::thread_pool pool(2);
    event e;
    std::atomic<int> woken{0};
    auto const waiter = [](event& of, std::atomic<int>& count) -> awaitable<void> {
        for (int i = 0; i < 100; ++i) {
            auto const seen = of.count();
            if (static_cast<int>(seen) <= i)
                (void)co_await of.wait(seen);
        }
        ++count;
    };
    for (int i = 0; i < 4; ++i)
        asio::co_spawn(asio::make_strand(pool), waiter(e, woken), asio::detached);
    for (int i = 0; i < 101; ++i)
        e.happen();
    pool.join();
    CHECK(woken == 4);
}
