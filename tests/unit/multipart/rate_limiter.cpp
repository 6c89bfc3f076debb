#include <ossify/multipart/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

// Sends pieces as fast as allowed for `span` from `from` on; returns the bytes sent.
std::uint64_t send_for(rate_limiter& limit, std::chrono::nanoseconds from, std::chrono::nanoseconds span,
                       std::size_t piece)
{
    std::uint64_t sent = 0;
    std::optional<rate_limiter::turn> mine(std::in_place, limit);
    for (auto now = from; now < from + span;) {
        auto const wait = mine->ask(piece, now);
        if (wait.count() == 0) {
            sent += piece;
            mine.emplace(limit);
        }
        now += wait;
    }
    return sent;
}

// Three senders, who ask every millisecond for a thousand bytes; returns what each sent. `meanwhile` is called as often.
template<class Meanwhile>
std::array<std::uint64_t, 3> share(rate_limiter& limit, std::chrono::nanoseconds span, Meanwhile meanwhile)
{
    std::array<std::optional<rate_limiter::turn>, 3> turns;
    std::array<std::uint64_t, 3> sent{};
    for (auto& turn : turns)
        turn.emplace(limit);
    for (auto now = 0ns; now < span; now += 1ms) {
        meanwhile(now);
        for (std::size_t i = 0; i != 3; ++i) {
            while (turns[i]->ask(1000, now).count() == 0) {
                sent[i] += 1000;
                turns[i].emplace(limit);
            }
        }
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
    rate_limiter limit(1'000'000);
    auto const sent = share(limit, 10s, [](std::chrono::nanoseconds) {});
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
    rate_limiter::turn mine(limit);
    for (int i = 0; i < 100; ++i)
        CHECK(mine.ask(std::size_t{1} << 30, 0s) == 0ns);
}

TEST_CASE("a change is followed within a fifth of a second")
{
    rate_limiter limit(1000);
    rate_limiter::turn first(limit);
    rate_limiter::turn second(limit);
    CHECK(first.ask(1'000'000, 0s) == 0ns);  // a thousand seconds' worth
    CHECK(second.ask(1, 1s) == 200ms);
    limit.set(1'000'000);
    CHECK(second.ask(1, 1200ms) == 0ns);
    CHECK(limit.bytes_per_second() == 1'000'000);
}

TEST_CASE("who sets the same rate again and again gives nothing away")
{
    rate_limiter limit(1'000'000);
    auto const sent = share(limit, 10s, [&](std::chrono::nanoseconds) { limit.set(1'000'000); });
    CHECK(sent[0] + sent[1] + sent[2] <= 10'100'000);
}

TEST_CASE("who waits when the rate is lowered waits no longer than before")
{
    rate_limiter limit(1'000'000);
    rate_limiter::turn first(limit);
    rate_limiter::turn second(limit);
    rate_limiter::turn third(limit);
    CHECK(first.ask(100'000, 0s) == 0ns);
    CHECK(second.ask(100'000, 0s) == 100ms);
    CHECK(third.ask(100'000, 0s) == 200ms);
    limit.set(1);
    CHECK(second.ask(100'000, 100ms) == 0ns);
    CHECK(third.ask(100'000, 200ms) == 0ns);
}

TEST_CASE("nobody waits for those who went away")
{
    rate_limiter limit(1000);
    rate_limiter::turn first(limit);
    CHECK(first.ask(100, 0s) == 0ns);
    for (int i = 0; i != 100; ++i) {
        rate_limiter::turn gone(limit);
        CHECK(gone.ask(100, 0s) == 100ms);
    }
}

TEST_CASE("a long rest allows no long burst")
{
    rate_limiter limit(1'000'000);
    rate_limiter::turn mine(limit);
    (void)mine.ask(1, 0s);
    auto const sent = send_for(limit, 3600s, 1s, 1000);
    CHECK(sent <= 1'100'000);
}
