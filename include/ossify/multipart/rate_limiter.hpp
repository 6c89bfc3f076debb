#ifndef OSSIFY_MULTIPART_RATE_LIMITER_HPP
#define OSSIFY_MULTIPART_RATE_LIMITER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

namespace ossify {

/// A limit of bytes per second that can be changed while uploads run. Copies share the limit, and so do all uploads that
/// are given one. Takes no longer than a fifth of a second to follow a change, or than the rate before it takes for a byte.
/// It counts time as the caller tells it, and never waits itself.
/// Thread safety: a monitor.
class rate_limiter {
    using seconds = std::chrono::duration<double>;

    static constexpr std::chrono::milliseconds burst{50};
    static constexpr std::chrono::milliseconds patience{5};

    struct state {
        std::mutex mutex;
        std::uint64_t rate = 0;
        std::optional<seconds> free;  // when all that was granted has been sent
        std::list<std::size_t> line;  // bytes that those want who wait

        // Granted at one time, so that each of many who share the limit keeps moving: an eighth of a second's.
        std::size_t share_of(std::size_t wanted) const { return std::min(wanted, std::max<std::size_t>(rate / 8, 1)); }
        seconds time_of(std::size_t bytes) const { return seconds(static_cast<double>(bytes) / static_cast<double>(rate)); }
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
        shared_->rate = bytes_per_second;
    }

    std::uint64_t bytes_per_second() const
    {
        std::lock_guard const lock(shared_->mutex);
        return shared_->rate;
    }

    /// What `turn::ask` says.
    struct grant {
        std::size_t bytes = 0;             ///< that may be sent now
        std::chrono::nanoseconds wait{0};  ///< if none, how long to wait before asking again
    };

    /// The place in the line of one who wants to send some bytes. Nobody waits for one that is gone.
    class turn {
    public:
        explicit turn(rate_limiter const& limit) : shared_(limit.shared_) {}
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn()
        {
            std::lock_guard const lock(shared_->mutex);
            leave();
        }

        /// Asks to send `wanted` bytes, one or more, at `now`, the time since any fixed moment. They are granted in the
        /// order of asking, as many as the rate has in an eighth of a second; one that does not ask in its time is
        /// passed. What is granted counts as sent.
        grant ask(std::size_t wanted, std::chrono::nanoseconds now)
        {
            std::lock_guard const lock(shared_->mutex);
            state& s = *shared_;
            if (s.rate == 0) {
                leave();
                return {wanted, {}};
            }
            seconds const free = s.free.value_or(now);
            seconds at = free;
            for (auto ahead = s.line.begin(); ahead != place_.value_or(s.line.end()); ++ahead)
                at += s.time_of(s.share_of(*ahead));
            if (!s.line.empty() && s.line.begin() != place_)
                at += patience;  // timers are late: who is ahead may be on the way
            if (at <= now) {
                leave();
                std::size_t const bytes = s.share_of(wanted);
                // a rest earns the right to a short burst, not more
                s.free = std::max<seconds>(free, now - burst) + s.time_of(bytes);
                return {bytes, {}};
            }
            if (!place_)
                place_ = s.line.insert(s.line.end(), wanted);
            return {0, std::chrono::duration_cast<std::chrono::nanoseconds>(std::clamp<seconds>(
                           at - now, std::chrono::microseconds(100), std::chrono::milliseconds(200)))};
        }

    private:
        void leave()
        {
            if (place_)
                shared_->line.erase(*place_);
            place_.reset();
        }

        std::shared_ptr<state> shared_;
        std::optional<std::list<std::size_t>::iterator> place_;
    };

private:
    std::shared_ptr<state> shared_;
};

}  // namespace ossify

#endif
