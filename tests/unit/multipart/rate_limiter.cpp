#include <ossify/multipart/rate_limiter.hpp>

#include <doctest/doctest.h>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

// Sends pieces as fast as allowed for `span` from `from` on; returns the bytes sent.
std::uint64_t send_for(rate_limiter& limit, std::chrono::nanoseconds from, std::chrono::nanoseconds span,
                       std::size_t piece)
{
    std::uint64_t sent = 0;
    for (auto now = from; now < from + span;) {
        auto const wait = limit.ask(piece, now);
        if (wait.count() == 0)
            sent += piece;
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

TEST_CASE("several senders share the rate")
{
    rate_limiter a(1'000'000);
    rate_limiter b = a;
    std::uint64_t sent = 0;
    for (auto now = 0ns; now < 10s; now += 1ms) {
        sent += a.ask(1000, now).count() == 0 ? 1000 : 0;
        sent += b.ask(1000, now).count() == 0 ? 1000 : 0;
    }
    CHECK(sent >= 9'700'000);
    CHECK(sent <= 10'300'000);
}

TEST_CASE("no rate means no waiting")
{
    rate_limiter limit(0);
    for (int i = 0; i < 100; ++i)
        CHECK(limit.ask(std::size_t{1} << 30, 0s) == 0ns);
}

TEST_CASE("a change is followed within a fifth of a second")
{
    rate_limiter limit(1000);
    CHECK(limit.ask(1'000'000, 0s) == 0ns);  // a thousand seconds' worth
    CHECK(limit.ask(1, 1s) == 200ms);
    limit.set(1'000'000);
    CHECK(limit.ask(1, 1200ms) == 0ns);
    CHECK(limit.bytes_per_second() == 1'000'000);
}

TEST_CASE("a long rest allows no long burst")
{
    rate_limiter limit(1'000'000);
    (void)limit.ask(1, 0s);
    auto const sent = send_for(limit, 3600s, 1s, 1000);
    CHECK(sent <= 1'100'000);
}
