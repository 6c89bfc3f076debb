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
#include <utility>

namespace ossify {

/// A limit of bytes per second that can be changed while uploads run. Copies share the limit, and so do all uploads that
/// are given one. Takes no longer than a fifth of a second to follow a change.
/// It counts time as the caller tells it, and never waits itself.
/// Thread safety: a monitor.
class rate_limiter {
    using seconds = std::chrono::duration<double>;

    static constexpr std::chrono::milliseconds burst{50};

    struct state {
        std::mutex mutex;
        std::uint64_t rate = 0;
        std::uint64_t changes = 0;    // of the rate
        std::optional<seconds> free;  // when all that was granted has been sent
    };

public:
    /// 0: no limit.
    explicit rate_limiter(std::uint64_t bytes_per_second) : shared_(std::make_shared<state>())
    {
        shared_->rate = bytes_per_second;
    }

    void set(std::uint64_t bytes_per_second)
    {
        std::lock_guard const lock(shared_->mutex);
        auto const before = std::exchange(shared_->rate, bytes_per_second);
        if (before != 0 && bytes_per_second != 0 && bytes_per_second <= before)
            return;  // who waits keeps his place: it comes within the time it would have taken before
        shared_->free.reset();  // what was granted at a lower rate is forgiven
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

    /// The place in the line of one who wants to send some bytes. Gone before it has come, nobody waits for it any more.
    class turn {
    public:
        explicit turn(rate_limiter const& limit) : shared_(limit.shared_) {}
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn()
        {
            std::lock_guard const lock(shared_->mutex);
            if (!came_ && at_ && change_ == shared_->changes && shared_->free)
                *shared_->free -= span_;
        }

        /// Asks to send `bytes` at `now`, the time since any fixed moment. Who asked first has them first; from then on
        /// they count as sent.
        /// Returns: zero when they may be sent; else how long to wait before asking again.
        std::chrono::nanoseconds ask(std::size_t bytes, std::chrono::nanoseconds now)
        {
            std::lock_guard const lock(shared_->mutex);
            state& s = *shared_;
            if (s.rate == 0)
                return std::chrono::nanoseconds(0);
            if (!at_ || change_ != s.changes) {
                // a rest earns the right to a short burst, not more
                at_ = s.free ? std::max<seconds>(*s.free, now - burst) : seconds(now);
                change_ = s.changes;
                span_ = seconds(static_cast<double>(bytes) / static_cast<double>(s.rate));
                s.free = *at_ + span_;
            }
            seconds const wait = *at_ - now;
            came_ = wait.count() <= 0;
            if (came_)
                return std::chrono::nanoseconds(0);
            return std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::clamp<seconds>(wait, std::chrono::microseconds(100), std::chrono::milliseconds(200)));
        }

    private:
        std::shared_ptr<state> shared_;
        std::optional<seconds> at_;  // when it comes, at the rate of
        std::uint64_t change_ = 0;   // that change
        seconds span_{0};            // that its bytes take
        bool came_ = false;
    };

private:
    std::shared_ptr<state> shared_;
};

}  // namespace ossify

#endif
