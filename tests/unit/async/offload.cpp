#include <ossify/async/offload.hpp>

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <thread>

using namespace ossify;

namespace {

struct two_threads {
    static std::size_t threads() { return 2; }
};

awaitable<void> note_thread(std::set<std::thread::id>& seen)
{
    std::thread::id id;
    std::function<std::ptrdiff_t()> const call = [&id] {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        id = std::this_thread::get_id();
        return std::ptrdiff_t{7};
    };
    std::ptrdiff_t const value = co_await run_blocking<two_threads>(call);
    CHECK(value == 7);
    seen.insert(id);  // where the caller was
}

awaitable<void> block(std::shared_ptr<std::atomic<bool>> ended)
{
    std::array<char, 64> here{};
    std::function<std::ptrdiff_t()> const call = [&here, ended] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        here[0] = 1;
        *ended = true;
        return std::ptrdiff_t{1};
    };
    co_await run_blocking<two_threads>(call);
    FAIL("went on after the end of its context");
}

}  // namespace

TEST_CASE("calls that block share the threads of their context, however many there are")
{
    asio::io_context io(1);
    std::set<std::thread::id> seen;
    for (int i = 0; i != 50; ++i)
        asio::co_spawn(io, note_thread(seen), asio::detached);
    io.run();
    CHECK(seen.size() == 2);
    CHECK(!seen.contains(std::this_thread::get_id()));
}

TEST_CASE("the end of a context waits for a call that is under way")
{
    auto const ended = std::make_shared<std::atomic<bool>>(false);
    {
        asio::io_context io(1);
        asio::co_spawn(io, block(ended), asio::detached);
        io.run_for(std::chrono::milliseconds(10));
        CHECK(!*ended);
    }
    CHECK(*ended);
}
