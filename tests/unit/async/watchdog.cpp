#include <ossify/async/watchdog.hpp>
#include <ossify/testing/manual_clock.hpp>

#include <asio/execution/outstanding_work.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/require.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using testing::manual_clock;
using watch = watchdog<manual_clock>;

namespace {

/// A deadline that counts how often it acted, and when it last did.
struct guarded {
    guarded(std::shared_ptr<watch> const& of, asio::io_context& io) : deadline(of, io.get_executor(), &act, this) {}

    static void act(void* self) noexcept
    {
        auto& me = *static_cast<guarded*>(self);
        ++me.acted;
        me.at = manual_clock::now();
        if (me.then)
            me.then();
    }

    int acted = 0;
    manual_clock::time_point at;
    std::function<void()> then;
    watch::deadline deadline;
};

struct scene {
    /// Lets a minute pass. Returns: whether nothing is left to do.
    bool run()
    {
        io.restart();
        return testing::run_in_virtual_time(io, 1min);
    }
    bool acted_at(guarded const& g, manual_clock::duration when) const
    {
        return g.acted == 1 && g.at >= began + when && g.at < began + when + 50ms;
    }

    asio::io_context io;
    std::shared_ptr<watch> all = std::make_shared<watch>(io.get_executor());
    manual_clock::time_point began = manual_clock::now();
};

}  // namespace

TEST_CASE("each deadline acts once, at its own time, whatever the order they were armed in")
{
    scene s;
    guarded first(s.all, s.io), second(s.all, s.io), third(s.all, s.io);
    std::vector<std::pair<guarded*, std::chrono::seconds>> order{{&first, 1s}, {&second, 2s}, {&third, 3s}};
    SUBCASE("the nearest first") {}
    SUBCASE("the nearest last") { std::ranges::reverse(order); }
    SUBCASE("the nearest in the middle") { std::swap(order[0], order[1]); }
    for (auto const& [which, after] : order)
        which->deadline.arm(s.began + after);
    CHECK(s.run());
    CHECK(s.acted_at(first, 1s));
    CHECK(s.acted_at(second, 2s));
    CHECK(s.acted_at(third, 3s));
}

TEST_CASE("disarmed and armed in any order, the others stay as they are")
{
    scene s;
    guarded a(s.all, s.io), b(s.all, s.io), c(s.all, s.io), d(s.all, s.io);
    for (guarded* g : {&a, &b, &c})
        g->deadline.arm(s.began + 1s);
    a.deadline.disarm();
    d.deadline.arm(s.began + 2s);
    c.deadline.disarm();
    CHECK(s.run());
    CHECK(a.acted == 0);
    CHECK(s.acted_at(b, 1s));
    CHECK(c.acted == 0);
    CHECK(s.acted_at(d, 2s));
}

TEST_CASE("a deadline moves away and comes nearer")
{
    scene s;
    guarded g(s.all, s.io);
    SUBCASE("away")
    {
        g.deadline.arm(s.began + 1s);
        g.deadline.arm(s.began + 5s);
        CHECK(s.run());
        CHECK(s.acted_at(g, 5s));
    }
    SUBCASE("nearer")
    {
        g.deadline.arm(s.began + 5s);
        g.deadline.arm(s.began + 1s);
        CHECK(s.run());
        CHECK(s.acted_at(g, 1s));
    }
}

TEST_CASE("a disarmed or destroyed deadline never acts, and no timer stays")
{
    scene s;
    guarded disarmed(s.all, s.io);
    auto destroyed = std::make_unique<guarded>(s.all, s.io);
    int later = 0;
    destroyed->then = [&later] { ++later; };
    disarmed.deadline.arm(s.began + 1s);
    destroyed->deadline.arm(s.began + 1s);
    CHECK(disarmed.deadline.armed());
    disarmed.deadline.disarm();
    CHECK_FALSE(disarmed.deadline.armed());
    destroyed.reset();
    auto const before = manual_clock::now();
    CHECK(s.run());
    CHECK(manual_clock::now() - before < 1s);
    CHECK(disarmed.acted == 0);
    CHECK(later == 0);
}

TEST_CASE("no timer stays for a deadline that passed, is armed again before its turn, and was the last")
{
    scene s;
    guarded passed(s.all, s.io);
    guarded other(s.all, s.io);
    passed.deadline.arm(s.began + 1s);
    other.deadline.arm(s.began + 60s);
    manual_clock::advance(1s + 1ms);
    while (s.io.poll_one() == 0) {}  // the look at all of them
    other.deadline.disarm();
    passed.deadline.arm(s.began + 31s);
    s.io.poll();
    passed.deadline.disarm();
    auto const before = manual_clock::now();
    CHECK(s.run());
    CHECK(manual_clock::now() - before < 1s);
}

TEST_CASE("a deadline that passed and was disarmed before its turn does not act")
{
    scene s;
    guarded g(s.all, s.io), other(s.all, s.io);
    SUBCASE("disarmed by another one that passed at the same time")
    {
        // whichever acts first stops the other
        g.then = [&other] { other.deadline.disarm(); };
        other.then = [&g] { g.deadline.disarm(); };
        g.deadline.arm(s.began + 1s);
        other.deadline.arm(s.began + 1s);
        CHECK(s.run());
        CHECK(g.acted + other.acted == 1);
    }
    SUBCASE("and armed again, by another one that passed at the same time")
    {
        // whichever acts first moves the other
        bool moved = false;
        auto const move = [&](guarded& of) {
            if (std::exchange(moved, true))
                return;
            of.deadline.disarm();
            of.deadline.arm(s.began + 4s);
        };
        g.then = [&] { move(other); };
        other.then = [&] { move(g); };
        g.deadline.arm(s.began + 1s);
        other.deadline.arm(s.began + 1s);
        CHECK(s.run());
        CHECK((s.acted_at(g, 1s) || s.acted_at(other, 1s)));
        CHECK((s.acted_at(g, 4s) || s.acted_at(other, 4s)));
    }
}

TEST_CASE("a deadline can be armed again after it acted")
{
    scene s;
    guarded g(s.all, s.io);
    g.then = [&] {
        if (g.acted == 1) {
            g.deadline.disarm();
            g.deadline.arm(manual_clock::now() + 2s);
        }
    };
    g.deadline.arm(s.began + 1s);
    CHECK(s.run());
    CHECK(g.acted == 2);
    CHECK(g.at >= s.began + 3s);
}

TEST_CASE("it acts on the executor that it moved to, and lets go of it")
{
    scene s;
    guarded g(s.all, s.io);
    auto elsewhere = std::make_unique<asio::io_context>();
    g.deadline.move_to(elsewhere->get_executor());
    SUBCASE("acts there")
    {
        g.deadline.arm(s.began + 1s);
        s.run();
        CHECK(g.acted == 0);
        elsewhere->run();
        CHECK(g.acted == 1);
    }
    SUBCASE("lets go")
    {
        g.deadline.move_to(asio::require(elsewhere->get_executor(), asio::execution::outstanding_work.tracked));
        elsewhere->poll();
        CHECK_FALSE(elsewhere->stopped());  // the deadline's executor counts as work
        g.deadline.arm(s.began + 1s);
        g.deadline.release();
        elsewhere->poll();
        REQUIRE(elsewhere->stopped());
        elsewhere.reset();
        s.run();
        g.deadline.move_to(s.io.get_executor());
        g.deadline.arm(manual_clock::now() + 1s);
        s.run();
        CHECK(g.acted == 1);
    }
}

TEST_CASE("a deadline that comes nearer while another thread looks at all of them is not forgotten")
{
    using real = watchdog<std::chrono::steady_clock>;
    using deadline = real::deadline;
    asio::io_context timers;
    asio::io_context own;
    auto work = asio::make_work_guard(timers);
    auto const more_work = asio::make_work_guard(own);
    std::thread looks([&] { timers.run(); });
    auto const all = std::make_shared<real>(timers.get_executor());
    auto const far = std::chrono::steady_clock::now() + 1h;
    bool passed = false;
    auto const note = [](void* flag) noexcept { *static_cast<bool*>(flag) = true; };
    auto const ignore = [](void*) noexcept {};
    deadline mine(all, own.get_executor(), note, &passed);
    mine.arm(far);
    std::vector<std::unique_ptr<deadline>> others;  // that take a while to look at
    for (int i = 0; i != 20'000; ++i) {
        others.push_back(std::make_unique<deadline>(all, own.get_executor(), ignore, nullptr));
        others.back()->arm(far);
    }
    std::minstd_rand random(1);
    int forgotten = 0;
    for (int round = 0; round != 200; ++round) {
        passed = false;
        deadline other(all, own.get_executor(), ignore, nullptr);
        auto const soon = std::chrono::steady_clock::now() + 1ms;
        other.arm(soon);
        auto const meanwhile = soon + std::chrono::microseconds(random() % 600);
        while (std::chrono::steady_clock::now() < meanwhile) {
        }
        mine.arm(std::chrono::steady_clock::now() + 2ms);
        auto const patience = std::chrono::steady_clock::now() + 10s;
        while (!passed && std::chrono::steady_clock::now() < patience)
            own.poll();
        forgotten += !passed;
        mine.disarm();
        own.poll();
        mine.arm(far);
    }
    CHECK(forgotten == 0);
    others.clear();
    mine.disarm();
    work.reset();
    looks.join();
}
