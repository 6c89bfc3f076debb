#include <ossify/multipart/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

// Sends pieces as fast as allowed for `span` from `from` on; returns the bytes sent.
std::uint64_t send_for(rate_limiter& limit, std::chrono::nanoseconds from, std::chrono::nanoseconds span,
                       std::size_t piece)
{
    std::uint64_t sent = 0;
    rate_limiter::turn mine;
    for (auto now = from; now < from + span;) {
        auto const wait = limit.ask(piece, now, mine);
        if (wait.count() == 0) {
            sent += piece;
            mine = {};
        }
        now += wait;
    }
    return sent;
}

}  // namespace

TEST_CASE("over a while the bytes sent are what the rate allows")
{
    for (std::size_t piece : {1024U, 65536U, 262144U}) {
        rate_limiter limit(1'000'000);
        auto const sent = send_for(limit, 0s, 20s, piece);
        CHECK(sent >= 19'500'000);
        CHECK(sent <= 20'500'000);
    }
}

TEST_CASE("several senders share the rate, each in its turn, however early one asks again")
{
    rate_limiter const limit(1'000'000);
    std::vector<rate_limiter> senders(3, limit);
    std::vector<rate_limiter::turn> turns(3);
    std::vector<std::uint64_t> sent(3);
    for (auto now = 0ns; now < 10s; now += 1ms) {
        for (std::size_t i = 0; i != 3; ++i) {
            while (senders[i].ask(1000, now, turns[i]).count() == 0) {
                sent[i] += 1000;
                turns[i] = {};
            }
        }
    }
    CHECK(sent[0] + sent[1] + sent[2] >= 9'900'000);
    CHECK(sent[0] + sent[1] + sent[2] <= 10'100'000);
    CHECK(sent[0] <= 3'400'000);
    CHECK(sent[2] >= 3'300'000);
}

TEST_CASE("what is asked for at one time keeps many senders moving, at any rate")
{
    CHECK(rate_limiter(8'000'000).stride() == 1'000'000);
    CHECK(rate_limiter(7'000).stride() == 875);
    CHECK(rate_limiter(1).stride() == 1);
    CHECK(rate_limiter(0).stride() > 1'000'000'000);
}

TEST_CASE("no rate means no waiting")
{
    rate_limiter limit(0);
    rate_limiter::turn mine;
    for (int i = 0; i < 100; ++i)
        CHECK(limit.ask(std::size_t{1} << 30, 0s, mine) == 0ns);
}

TEST_CASE("a change is followed within a fifth of a second")
{
    rate_limiter limit(1000);
    rate_limiter::turn first, second;
    CHECK(limit.ask(1'000'000, 0s, first) == 0ns);  // a thousand seconds' worth
    CHECK(limit.ask(1, 1s, second) == 200ms);
    limit.set(1'000'000);
    CHECK(limit.ask(1, 1200ms, second) == 0ns);
    CHECK(limit.bytes_per_second() == 1'000'000);
}

TEST_CASE("a long rest allows no long burst")
{
    rate_limiter limit(1'000'000);
    rate_limiter::turn mine;
    (void)limit.ask(1, 0s, mine);
    auto const sent = send_for(limit, 3600s, 1s, 1000);
    CHECK(sent <= 1'100'000);
}
