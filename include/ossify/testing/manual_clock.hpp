#ifndef OSSIFY_TESTING_MANUAL_CLOCK_HPP
#define OSSIFY_TESTING_MANUAL_CLOCK_HPP

#include <asio/io_context.hpp>
#include <asio/wait_traits.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ossify::testing {

/// A clock that only moves when told to; each thread has its own. Timers on it expire when their `io_context` is
/// polled after it moved.
class manual_clock {
public:
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<manual_clock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept { return current(); }
    static void advance(duration by) noexcept { current() += by; }

private:
    static time_point& current() noexcept
    {
        static thread_local time_point time{std::chrono::hours(1)};
        return time;
    }
};

}  // namespace ossify::testing

/// How long Asio may sleep for a timer of virtual time: hardly, because that time moves while it does not look.
template<>
struct asio::wait_traits<ossify::testing::manual_clock> {
    using duration = ossify::testing::manual_clock::duration;
    static duration to_wait_duration(duration const& d)
    {
        return d.count() <= 0 ? duration::zero() : duration(std::chrono::microseconds(1));
    }
    static duration to_wait_duration(ossify::testing::manual_clock::time_point const& t)
    {
        return to_wait_duration(t - ossify::testing::manual_clock::now());
    }
};

namespace ossify::testing {

/// Runs an `io_context` in virtual time until it has nothing left to do: when nothing is ready, the clock moves on.
/// Returns: false when `limit` of virtual time passed first.
inline bool run_in_virtual_time(asio::io_context& io, std::chrono::nanoseconds limit = std::chrono::hours(2))
{
    auto const end = manual_clock::now() + limit;
    auto step = std::chrono::nanoseconds(std::chrono::microseconds(10));
    while (!io.stopped() && manual_clock::now() < end) {
        if (io.poll() != 0) {
            step = std::chrono::microseconds(10);
            continue;
        }
        manual_clock::advance(step);
        step = std::min<std::chrono::nanoseconds>(step * 2, std::chrono::milliseconds(20));
    }
    return io.stopped();
}

}  // namespace ossify::testing

#endif
