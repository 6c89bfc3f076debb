#include <ossify/async/byte_budget.hpp>

#include "cancel.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <string>
#include <vector>

using namespace ossify;

namespace {

struct bank {
    explicit bank(std::uint64_t bytes) : budget(bytes) {}

    // Starts to wait for bytes; the name is noted when they are granted.
    void ask(byte_budget::customer& who, std::uint64_t bytes, std::string const& name)
    {
        asio::co_spawn(io, wait(*this, who, bytes, name), asio::detached);
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    static awaitable<void> wait(bank& b, byte_budget::customer& who, std::uint64_t bytes, std::string name)
    {
        auto got = co_await who.acquire(bytes);
        if (got) {
            b.granted.push_back(name);
            b.leases.push_back(*std::move(got));
        }
    }

    asio::io_context io;
    byte_budget budget;
    std::vector<std::string> granted;
    std::vector<byte_budget::lease> leases;
};

using names = std::vector<std::string>;

awaitable<int> acquire(byte_budget::customer& who, std::uint64_t bytes)
{
    auto const got = co_await who.acquire(bytes);
    co_return got ? 1 : 0;
}

}  // namespace

TEST_CASE("bytes are granted while there are enough, and again when some come back")
{
    bank b(100);
    byte_budget::customer a(b.budget);
    b.ask(a, 60, "first");
    b.ask(a, 60, "second");
    CHECK(b.granted == names{"first"});
    CHECK(b.budget.used() == 60);
    b.leases.front().release();
    b.settle();
    CHECK(b.granted == names{"first", "second"});
    b.leases.clear();
    CHECK(b.budget.used() == 0);
}

TEST_CASE("who holds least comes first")
{
    bank b(100);
    byte_budget::customer greedy(b.budget);
    byte_budget::customer modest(b.budget);
    b.ask(greedy, 50, "g1");
    b.ask(greedy, 50, "g2");
    b.ask(greedy, 50, "g3");
    b.ask(modest, 50, "m1");
    b.leases.front().release();
    b.settle();
    CHECK(b.granted == names{"g1", "g2", "m1"});
}

TEST_CASE("of two that hold as much, who waits longer comes first")
{
    bank b(10);
    byte_budget::customer x(b.budget);
    byte_budget::customer y(b.budget);
    byte_budget::customer z(b.budget);
    b.ask(x, 10, "x");
    b.ask(y, 10, "y");
    b.ask(z, 10, "z");
    b.leases[0].release();
    b.settle();
    CHECK(b.granted == names{"x", "y"});
}

TEST_CASE("a large request is not overtaken by small ones")
{
    bank b(100);
    byte_budget::customer x(b.budget);
    byte_budget::customer large(b.budget);
    byte_budget::customer small(b.budget);
    b.ask(x, 60, "x");
    b.ask(large, 80, "large");
    b.ask(small, 10, "small");
    CHECK(b.granted == names{"x"});
    b.leases[0].release();
    b.settle();
    CHECK(b.granted == names{"x", "large", "small"});
}

TEST_CASE("a request for more than the whole budget is granted alone")
{
    bank b(100);
    byte_budget::customer x(b.budget);
    b.ask(x, 10, "small");
    b.ask(x, 500, "huge");
    CHECK(b.granted == names{"small"});
    b.leases[0].release();
    b.settle();
    CHECK(b.granted == names{"small", "huge"});
    b.ask(x, 1, "after");
    CHECK(b.granted.size() == 2);
    CHECK(x.contended());
    b.leases[1].release();
    b.settle();
    CHECK(b.granted.back() == "after");
}

TEST_CASE("a wait that is cancelled holds nothing and lets the next one pass")
{
    for (std::size_t handlers = 1; handlers != 8; ++handlers) {
        byte_budget budget(10);
        byte_budget::customer x(budget);
        byte_budget::customer y(budget);
        asio::io_context io;
        std::vector<byte_budget::lease> held;
        auto const take = [](byte_budget::customer& who, std::vector<byte_budget::lease>& into) -> awaitable<int> {
            auto got = co_await who.acquire(10);
            into.push_back(*std::move(got));
            co_return 1;
        };
        CHECK(tests::run(io, take(x, held)) == 1);
        auto const out = tests::interrupt(io, acquire(y, 10), handlers);
        CHECK(out.cancelled);
        CHECK(out.value == 0);
        CHECK_FALSE(x.contended());
        held.clear();
        CHECK(budget.used() == 0);
    }
}

TEST_CASE("a lease and a customer may outlive the budget")
{
    asio::io_context io;
    auto budget = std::make_unique<byte_budget>(10);
    byte_budget::customer x(*budget);
    budget.reset();
    CHECK(tests::run(io, acquire(x, 5)) == 1);
}

TEST_CASE("a waiting coroutine that is destroyed leaves the line")
{
    byte_budget budget(10);
    byte_budget::customer x(budget);
    byte_budget::lease held;
    {
        asio::io_context io;
        auto const take = [](byte_budget::customer& who, byte_budget::lease& into) -> awaitable<int> {
            auto got = co_await who.acquire(10);
            into = *std::move(got);
            co_return 1;
        };
        CHECK(tests::run(io, take(x, held)) == 1);
        asio::co_spawn(io, acquire(x, 5), asio::detached);
        io.poll();
        CHECK(x.contended());
    }
    CHECK_FALSE(x.contended());
}
