#include <ossify/session/connection_pool.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "run.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using testing::manual_clock;
using testing::memory_transport;
using pool_type = connection_pool<memory_transport>;

namespace {

struct scene {
    explicit scene(idle_limits idle = {}) : pool(std::make_shared<pool_type>(net, io.get_executor(), 0, idle)) {}

    /// Uses so many connections to a host at one time; then they are idle.
    void use(std::string const& host, std::size_t connections)
    {
        std::vector<pool_type::lease> leases;
        for (std::size_t i = 0; i != connections; ++i) {
            leases.push_back(
                pool->try_acquire(io.get_executor(), peer(host, 80, false), timeouts(), manual_clock::time_point::max()));
            if (!leases.back().used_before())
                tests::run(io, leases.back()->open()).value();
        }
    }

    memory_transport net;
    asio::io_context io;
    std::shared_ptr<pool_type> pool;
};

}  // namespace

TEST_CASE("an idle connection is used again, the one that was used last first, until it is too old")
{
    scene s(idle_limits(10s, 100));
    s.use("a", 2);
    CHECK(s.pool->idle() == 2);
    manual_clock::advance(8s);
    s.use("a", 1);
    CHECK(s.net.connections() == 2);
    manual_clock::advance(9s);
    s.use("a", 2);
    CHECK(s.net.connections() == 3);
    manual_clock::advance(11s);
    s.use("a", 1);
    CHECK(s.net.connections() == 4);
}

TEST_CASE("idle connections are closed when another host is used, at the latest a quarter of the limit after their time")
{
    scene s(idle_limits(8s, 5000));
    s.use("a", 1024);
    s.use("b", 1);
    CHECK(s.net.open_connections() == 1025);
    for (int i = 0; i != 11; ++i) {
        manual_clock::advance(1s);
        s.use("c", 1);
    }
    CHECK(s.pool->idle() == 1);
    CHECK(s.net.open_connections() == 1);
}

TEST_CASE("a connection that would be idle beside as many as allowed is closed")
{
    scene s(idle_limits(8s, 3));
    s.use("a", 2);
    s.use("b", 4);
    CHECK(s.pool->idle() == 3);
    CHECK(s.net.open_connections() == 3);
    s.use("a", 2);
    CHECK(s.net.connections() == 6);  // those of "a" were kept

    scene none(idle_limits(8s, 0));
    none.use("a", 1);
    CHECK(none.net.open_connections() == 0);
}

TEST_CASE("a burst of a thousand requests finds its connections again")
{
    scene s;
    s.use("a", 1024);
    s.use("a", 1024);
    CHECK(s.net.connections() == 1024);
}

TEST_CASE("idle connections keep no io_context running")
{
    scene s;
    s.use("a", 3);
    s.io.restart();
    CHECK(s.io.poll() == 0);
    CHECK(s.io.stopped());
}
