#ifndef OSSIFY_MULTIPART_PROGRESS_HPP
#define OSSIFY_MULTIPART_PROGRESS_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace ossify {

/// How far an upload got. Of two reports the later one never has less sent or confirmed.
/// Thread safety: a value.
class progress {
public:
    progress() = default;

    std::uint64_t sent = 0;              ///< bytes handed to connections; what is sent again does not count again
    std::uint64_t confirmed = 0;         ///< bytes that the service has acknowledged
    std::optional<std::uint64_t> total;  ///< bytes of the object; none while a stream's end is not reached
    unsigned parts = 0;                  ///< parts acknowledged; 0 for an upload in one put
    unsigned total_parts = 0;            ///< 0 while unknown
    std::uint64_t resumed = 0;           ///< bytes of `confirmed` that an earlier run had sent
    unsigned retries = 0;                ///< requests sent again
    unsigned parallel = 1;               ///< parts that may be under way now
    double rate = 0;                     ///< bytes per second over the last seconds
    std::chrono::milliseconds elapsed{0};
    std::optional<std::chrono::milliseconds> time_left;  ///< none while it cannot be told
    bool finished = false;               ///< the object is stored
};

/// Counts what the requests of an upload send, and says when a report is due.
/// Time is the caller's: the time since the upload began.
/// Thread safety: a monitor. It calls nobody.
class progress_tracker {
public:
    using time = std::chrono::nanoseconds;

    /// `interval`: between two reports at the least.
    explicit progress_tracker(time interval = std::chrono::milliseconds(100)) : interval_(interval) {}

    /// The whole is known.
    void expect(std::uint64_t bytes, unsigned parts)
    {
        std::lock_guard const lock(mutex_);
        state_.total = bytes;
        state_.total_parts = parts;
    }
    /// An earlier run had these parts acknowledged.
    void resume(std::uint64_t bytes, unsigned parts)
    {
        std::lock_guard const lock(mutex_);
        state_.resumed += bytes;
        state_.confirmed += bytes;
        state_.parts += parts;
        raise_sent();
    }
    /// A connection took bytes.
    void sent(std::uint64_t bytes)
    {
        std::lock_guard const lock(mutex_);
        in_flight_ += bytes;
        raise_sent();
    }
    /// The attempt that sent them failed.
    void take_back(std::uint64_t bytes)
    {
        std::lock_guard const lock(mutex_);
        in_flight_ -= bytes;
    }
    /// The service has acknowledged bytes that were sent; `parts` of them, or 0 for a whole object.
    void confirmed(std::uint64_t bytes, unsigned parts)
    {
        std::lock_guard const lock(mutex_);
        in_flight_ -= bytes;
        state_.confirmed += bytes;
        state_.parts += parts;
        raise_sent();
    }
    void retried()
    {
        std::lock_guard const lock(mutex_);
        ++state_.retries;
    }
    void parallel(unsigned limit)
    {
        std::lock_guard const lock(mutex_);
        state_.parallel = limit;
    }

    /// A report, when one is due at `now`: the caller delivers it and then calls `delivered`. Until then no other is due.
    std::optional<progress> due(time now)
    {
        std::lock_guard const lock(mutex_);
        if (delivering_ || (last_ && now - *last_ < interval_))
            return std::nullopt;
        delivering_ = true;
        return report(now);
    }
    void delivered()
    {
        std::lock_guard const lock(mutex_);
        delivering_ = false;
    }

    /// The state at `now`, due or not.
    progress snapshot(time now)
    {
        std::lock_guard const lock(mutex_);
        return report(now);
    }

private:
    static constexpr time window = std::chrono::seconds(5);

    struct sample {
        time at;
        std::uint64_t sent;
    };

    void raise_sent() { state_.sent = std::max(state_.sent, state_.confirmed + in_flight_); }

    progress report(time now)
    {
        last_ = now;
        while (samples_.size() > 1 && now - samples_.front().at > window)
            samples_.pop_front();
        progress out = state_;
        out.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now);
        // what was resumed was not sent now
        sample const from = samples_.empty() ? sample{time(0), state_.resumed} : samples_.front();
        double const seconds = std::chrono::duration<double>(now - from.at).count();
        if (seconds > 0 && out.sent > from.sent)
            out.rate = static_cast<double>(out.sent - from.sent) / seconds;
        if (out.total && out.rate > 0) {
            double const left = static_cast<double>(*out.total - std::min(out.sent, *out.total)) / out.rate;
            if (left < 1e9)
                out.time_left = std::chrono::milliseconds(static_cast<std::int64_t>(left * 1000));
        }
        samples_.push_back({now, out.sent});
        return out;
    }

    mutable std::mutex mutex_;
    time interval_;
    progress state_;
    std::uint64_t in_flight_ = 0;
    std::optional<time> last_;
    std::deque<sample> samples_;
    bool delivering_ = false;
};

}  // namespace ossify

#endif
