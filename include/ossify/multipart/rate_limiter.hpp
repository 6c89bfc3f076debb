#ifndef OSSIFY_MULTIPART_RATE_LIMITER_HPP
#define OSSIFY_MULTIPART_RATE_LIMITER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace ossify {

/// A limit of bytes per second that can be changed while uploads run. Copies share the limit, and so do all uploads that
/// are given one. Takes no longer than a fifth of a second to follow a change.
/// It counts time as the caller tells it, and never waits itself.
/// Thread safety: a monitor.
class rate_limiter {
public:
    /// 0: no limit.
    explicit rate_limiter(std::uint64_t bytes_per_second) : shared_(std::make_shared<state>())
    {
        shared_->rate = bytes_per_second;
    }

    void set(std::uint64_t bytes_per_second)
    {
        std::lock_guard const lock(shared_->mutex);
        shared_->rate = bytes_per_second;
        shared_->debt = std::min(shared_->debt, 0.0);  // what was owed at another rate is forgiven
    }

    std::uint64_t bytes_per_second() const
    {
        std::lock_guard const lock(shared_->mutex);
        return shared_->rate;
    }

    /// Asks to send `bytes` at `now`, the time since any fixed moment.
    /// Returns: zero when they may be sent, and they are then counted; else how long to wait before asking again.
    std::chrono::nanoseconds ask(std::size_t bytes, std::chrono::nanoseconds now)
    {
        std::lock_guard const lock(shared_->mutex);
        state& s = *shared_;
        if (s.rate == 0)
            return std::chrono::nanoseconds(0);
        auto const rate = static_cast<double>(s.rate);
        if (s.last) {
            double const passed = std::chrono::duration<double>(now - *s.last).count();
            // a rest earns the right to a short burst, not more
            s.debt = std::max(s.debt - passed * rate, -rate * burst_seconds);
        }
        s.last = now;
        if (s.debt > 0) {
            auto const wait = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::duration<double>(s.debt / rate));
            return std::clamp<std::chrono::nanoseconds>(wait, std::chrono::microseconds(100),
                                                        std::chrono::milliseconds(200));
        }
        s.debt += static_cast<double>(bytes);
        return std::chrono::nanoseconds(0);
    }

private:
    static constexpr double burst_seconds = 0.05;

    struct state {
        std::mutex mutex;
        std::uint64_t rate = 0;
        double debt = 0;  // bytes sent ahead of time
        std::optional<std::chrono::nanoseconds> last;
    };

    std::shared_ptr<state> shared_;
};

}  // namespace ossify

#endif
