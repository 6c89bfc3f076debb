#include <ossify/multipart/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

// Senders of pieces of a file: they ask every millisecond, and send as soon as they may.
class senders {
public:
    senders(rate_limiter limit, std::size_t count, std::size_t piece) : limit_(limit), piece_(piece), turns_(count), sent(count)
    {
        for (auto& turn : turns_)
            turn = std::make_unique<rate_limiter::turn>(limit_);
    }

    // `meanwhile` is called before they ask.
    template<class Meanwhile>
    void run(std::chrono::nanoseconds from, std::chrono::nanoseconds to, Meanwhile meanwhile)
    {
        for (auto now = from; now < to; now += 1ms) {
            meanwhile(now);
            for (std::size_t i = 0; i != turns_.size(); ++i) {
                while (auto const bytes = turns_[i]->ask(piece_, now).bytes) {
                    sent[i] += bytes;
                    turns_[i] = std::make_unique<rate_limiter::turn>(limit_);
                }
            }
        }
    }
    void run(std::chrono::nanoseconds from, std::chrono::nanoseconds to)
    {
        run(from, to, [](std::chrono::nanoseconds) {});
    }

    std::uint64_t total() const
    {
        std::uint64_t all = 0;
        for (std::uint64_t const one : sent)
            all += one;
        return all;
    }

private:
    rate_limiter limit_;
    std::size_t piece_;
    std::vector<std::unique_ptr<rate_limiter::turn>> turns_;

public:
    std::vector<std::uint64_t> sent;
};

}  // namespace

TEST_CASE("over a while the bytes sent are what the rate allows")
{
    for (std::size_t const count : {1U, 3U, 64U}) {
        for (std::size_t const piece : {1024U, 65536U, 262144U}) {
            CAPTURE(count);
            CAPTURE(piece);
            senders all(rate_limiter(1'000'000), count, piece);
            all.run(0s, 20s);
            CHECK(all.total() >= 19'800'000);
            CHECK(all.total() <= 20'200'000);
        }
    }
}

TEST_CASE("several senders share the rate, each in its turn, however early one asks again")
{
    senders all(rate_limiter(1'000'000), 3, 1000);
    all.run(0s, 10s);
    CHECK(all.total() >= 9'900'000);
    CHECK(*std::max_element(all.sent.begin(), all.sent.end()) <= 3'400'000);
    CHECK(*std::min_element(all.sent.begin(), all.sent.end()) >= 3'300'000);
}

TEST_CASE("what is granted at one time keeps many senders moving, at any rate")
{
    auto const first = [](std::uint64_t rate) {
        rate_limiter const limit(rate);
        return rate_limiter::turn(limit).ask(10'000'000, 0s).bytes;
    };
    CHECK(first(8'000'000) == 1'000'000);
    CHECK(first(7'000) == 875);
    CHECK(first(1) == 1);
    CHECK(first(1'000'000'000) == 10'000'000);
}

TEST_CASE("no rate means no waiting")
{
    rate_limiter const limit(0);
    rate_limiter::turn mine(limit);
    for (int i = 0; i < 100; ++i)
        CHECK(mine.ask(std::size_t{1} << 30, 0s).bytes == std::size_t{1} << 30);
}

TEST_CASE("a change is followed within a fifth of a second, by however many")
{
    for (std::size_t const count : {1U, 6U, 64U}) {
        CAPTURE(count);
        rate_limiter limit(2'000'000);
        senders all(limit, count, 262'144);
        all.run(0s, 10s);
        limit.set(20'000);
        all.run(10s, 10'200ms);
        auto before = all.total();
        all.run(10'200ms, 20s);
        CHECK(all.total() - before <= 200'000);
        CHECK(all.total() - before >= 190'000);
        limit.set(4'000'000);
        before = all.total();
        all.run(20s, 21s);
        CHECK(all.total() - before <= 4'300'000);
        CHECK(all.total() - before >= 3'200'000);
        limit.set(0);
        before = all.total();
        all.run(21s, 21'001ms, [&](std::chrono::nanoseconds) { limit.set(4'000'000); });
        CHECK(all.total() - before <= 600'000);
    }
}

TEST_CASE("who waits asks again in time to follow a change")
{
    rate_limiter limit(1);
    rate_limiter::turn first(limit);
    rate_limiter::turn second(limit);
    CHECK(first.ask(1'000, 0s).bytes == 1);
    auto const waits = second.ask(1'000, 0s);
    CHECK(waits.bytes == 0);
    CHECK(waits.wait == 200ms);
    limit.set(1'000'000);
    CHECK(second.ask(1'000, 1s).bytes == 1'000);
    CHECK(limit.bytes_per_second() == 1'000'000);
}

TEST_CASE("who sets the rate again and again gives nothing away")
{
    rate_limiter limit(1'000'000);
    senders all(limit, 3, 262'144);
    std::uint64_t rate = 1'000'000;
    all.run(0s, 10s, [&](std::chrono::nanoseconds) { limit.set(++rate); });
    CHECK(all.total() <= 10'200'000);
    all.run(10s, 20s, [&](std::chrono::nanoseconds) { limit.set(--rate); });
    CHECK(all.total() <= 20'400'000);
}

TEST_CASE("nobody waits for those who went away, nor for long for one that does not come")
{
    rate_limiter const limit(1000);
    rate_limiter::turn first(limit);
    CHECK(first.ask(100, 0s).bytes == 100);
    std::vector<std::unique_ptr<rate_limiter::turn>> gone;
    for (int i = 0; i != 60; ++i) {
        gone.push_back(std::make_unique<rate_limiter::turn>(limit));
        CHECK(gone.back()->ask(100, 0s).bytes == 0);
    }
    rate_limiter::turn last(limit);
    CHECK(last.ask(100, 0s).wait == 200ms);
    gone.resize(1);
    CHECK(last.ask(100, 100ms).wait == 105ms);
    CHECK(last.ask(100, 206ms).bytes == 100);
    gone.clear();
}

TEST_CASE("one that wants little is not passed by those that want much and ask in the same millisecond")
{
    rate_limiter const limit(1'000'000);
    std::vector<std::chrono::nanoseconds> next(7);  // of six that want much, and one that wants little, in that order
    std::vector<std::unique_ptr<rate_limiter::turn>> turns(next.size());
    auto longest = 0ns;
    auto last = 0ns;
    for (auto now = 0ns; now < 20s; now += 1ms) {
        for (std::size_t i = 0; i != turns.size(); ++i) {
            if (now < next[i])
                continue;
            if (!turns[i])
                turns[i] = std::make_unique<rate_limiter::turn>(limit);
            bool const little = i + 1 == turns.size();
            auto const got = turns[i]->ask(little ? 100 : 262'144, now);
            next[i] = now + got.wait;
            if (got.bytes == 0)
                continue;
            turns[i].reset();
            if (little)
                longest = std::max(longest, now - std::exchange(last, now));
        }
    }
    CHECK(last > 18s);
    CHECK(longest <= 1100ms);  // the others have an eighth of a second each
}

TEST_CASE("a long rest allows no long burst")
{
    rate_limiter const limit(1'000'000);
    rate_limiter::turn mine(limit);
    (void)mine.ask(1, 0s);
    senders all(limit, 1, 1000);
    all.run(3600s, 3601s);
    CHECK(all.total() <= 1'100'000);
}
