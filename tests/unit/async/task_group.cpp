#include <ossify/async/task_group.hpp>

#include "cancel.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/system_error.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace ossify;

namespace {

struct tally {
    int ended = 0;
    int cancelled = 0;
};

awaitable<void> wait_for(event& e, tally& t)
{
    bool const happened = co_await e.wait(e.count());
    ++(happened ? t.ended : t.cancelled);
}

awaitable<void> fail(char const* why)
{
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
    throw std::runtime_error(why);
}

std::string text_of(std::exception_ptr e)
{
    try {
        if (e)
            std::rethrow_exception(e);
    } catch (std::exception const& x) {
        return x.what();
    }
    return "nothing";
}

awaitable<std::string> join_two(asio::io_context& io, event& e, tally& t, char const* failing)
{
    task_group group;
    group.spawn(io.get_executor(), wait_for(e, t));
    group.spawn(io.get_executor(), wait_for(e, t));
    if (failing != nullptr)
        group.spawn(io.get_executor(), fail(failing));
    auto const thrown = co_await group.join();
    co_return text_of(thrown);
}

}  // namespace

TEST_CASE("join waits for all tasks")
{
    asio::io_context io;
    event e;
    tally t;
    asio::post(io, [&] { asio::post(io, [&] { asio::post(io, [&] { e.happen(); }); }); });
    CHECK(tests::run(io, join_two(io, e, t, nullptr)) == "nothing");
    CHECK(t.ended == 2);
}

TEST_CASE("joining an empty group ends at once")
{
    asio::io_context io;
    auto const nothing = []() -> awaitable<bool> {
        task_group group;
        auto const thrown = co_await group.join();
        co_return thrown == nullptr;
    };
    CHECK(tests::run(io, nothing()));
}

TEST_CASE("the first task that throws has the others cancelled, and join returns what it threw")
{
    asio::io_context io;
    event e;
    tally t;
    CHECK(tests::run(io, join_two(io, e, t, "broken")) == "broken");
    CHECK(t.cancelled == 2);
}

TEST_CASE("cancelling who joins, after any number of handlers, cancels the tasks and waits for them")
{
    for (std::size_t handlers = 1; handlers != 12; ++handlers) {
        asio::io_context io;
        event e;
        tally t;
        auto const out = tests::interrupt(io, join_two(io, e, t, nullptr), handlers);
        CHECK(out.cancelled);
        CHECK(t.cancelled == 2);
        CHECK(io.poll() == 0);
    }
}

TEST_CASE("a group that was cancelled can be joined")
{
    asio::io_context io;
    event e;
    tally t;
    auto const cancelled = [](asio::io_context& on, event& waited, tally& counts) -> awaitable<std::string> {
        task_group group;
        group.spawn(on.get_executor(), wait_for(waited, counts));
        asio::any_io_executor const ex = on.get_executor();
        co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
        co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
        group.cancel();
        auto const thrown = co_await group.join();
        co_return text_of(thrown);
    };
    CHECK(tests::run(io, cancelled(io, e, t)) == "nothing");
    CHECK(t.cancelled == 1);
}

TEST_CASE("tasks may run on executors of their own")
{
    asio::thread_pool pool(2);
    auto const work = [](asio::any_io_executor on) -> awaitable<int> {
        std::atomic<int> done{0};
        auto const step = [](std::atomic<int>& count) -> awaitable<void> {
            asio::any_io_executor const ex = co_await asio::this_coro::executor;
            for (int i = 0; i < 50; ++i)
                co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
            ++count;
        };
        task_group group;
        for (int i = 0; i < 8; ++i)
            group.spawn(asio::make_strand(on), step(done));
        (void)co_await group.join();
        co_return done.load();
    };
    auto ended = asio::co_spawn(asio::make_strand(pool), work(pool.get_executor()), asio::use_future);
    CHECK(ended.get() == 8);
}
