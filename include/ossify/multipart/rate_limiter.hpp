#ifndef OSSIFY_MULTIPART_RATE_LIMITER_HPP
#define OSSIFY_MULTIPART_RATE_LIMITER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>

namespace ossify {

/// A limit of bytes per second that can be changed while uploads run. Copies share the limit, and so do all uploads that
/// are given one. Takes no longer than a fifth of a second to follow a change.
/// It counts time as the caller tells it, and never waits itself.
/// Thread safety: a monitor.
class rate_limiter {
    using seconds = std::chrono::duration<double>;

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
        shared_->free.reset();  // what was granted at another rate is forgiven
        ++shared_->changes;
    }

    std::uint64_t bytes_per_second() const
    {
        std::lock_guard const lock(shared_->mutex);
        return shared_->rate;
    }

    /// How many bytes to ask for at one time, so that each of many who share the limit keeps moving: those of an eighth
    /// of a second.
    std::size_t stride() const
    {
        std::uint64_t const rate = bytes_per_second();
        return rate == 0 ? std::numeric_limits<std::size_t>::max() : std::max<std::size_t>(rate / 8, 1);
    }

    /// The place in the line of one who asks for some bytes, and asks again until he may send them.
    class turn {
    public:
        turn() = default;

    private:
        friend class rate_limiter;
        std::optional<seconds> at_;  // when it comes, at the rate of
        std::uint64_t change_ = 0;   // that change
    };

    /// Asks to send `bytes` at `now`, the time since any fixed moment. `mine` is new for each stretch of bytes. Who asked
    /// first has them first; from then on they count as sent.
    /// Returns: zero when they may be sent; else how long to wait before asking again.
    std::chrono::nanoseconds ask(std::size_t bytes, std::chrono::nanoseconds now, turn& mine)
    {
        std::lock_guard const lock(shared_->mutex);
        state& s = *shared_;
        if (s.rate == 0)
            return std::chrono::nanoseconds(0);
        if (!mine.at_ || mine.change_ != s.changes) {
            // a rest earns the right to a short burst, not more
            mine.at_ = s.free ? std::max<seconds>(*s.free, now - burst) : seconds(now);
            mine.change_ = s.changes;
            s.free = *mine.at_ + seconds(static_cast<double>(bytes) / static_cast<double>(s.rate));
        }
        seconds const wait = *mine.at_ - now;
        if (wait.count() <= 0)
            return std::chrono::nanoseconds(0);
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::clamp<seconds>(wait, std::chrono::microseconds(100), std::chrono::milliseconds(200)));
    }

private:
    static constexpr std::chrono::milliseconds burst{50};

    struct state {
        std::mutex mutex;
        std::uint64_t rate = 0;
        std::uint64_t changes = 0;    // of the rate
        std::optional<seconds> free;  // when all that was granted has been sent
    };

    std::shared_ptr<state> shared_;
};

}  // namespace ossify

#endif
