#ifndef OSSIFY_RETRY_RETRY_POLICY_HPP
#define OSSIFY_RETRY_RETRY_POLICY_HPP

#include <ossify/core/failure.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace ossify {

/// How often, and after what delay, a request is sent again. The defaults are those of the service's own SDKs.
class retry_policy {
public:
    retry_policy() = default;

    /// Requests in all, 1 or more. Three repetitions do not count, each at most once: with a corrected clock, with corrected
    /// ETags of parts, and on another connection when an idle one turns out to be closed.
    unsigned max_attempts = 3;
    std::chrono::milliseconds base_delay{200};
    std::chrono::milliseconds max_delay{20'000};  ///< also where the service asks for a longer one

    /// The delay before attempt `next` (2, 3, ...) with full jitter; `random` is drawn from [0, 1).
    /// Source: the official SDKs: U[0,1) x min(cap, base x 2^n).
    std::chrono::milliseconds delay(unsigned next, double random) const
    {
        auto const grown = static_cast<double>(base_delay.count()) * static_cast<double>(1ULL << std::min(next, 40U));
        auto const capped = std::min(grown, static_cast<double>(max_delay.count()));
        return std::chrono::milliseconds(static_cast<std::int64_t>(random * capped));
    }
};

/// Keeps retries from multiplying the load when much fails at once: every retry costs a token, every success earns a
/// part of one back.
/// Thread safety: a monitor.
class retry_budget {
public:
    explicit retry_budget(double tokens) : capacity_(tokens), tokens_(tokens) {}

    bool try_spend()
    {
        std::lock_guard const lock(mutex_);
        if (tokens_ < 1)
            return false;
        tokens_ -= 1;
        return true;
    }
    void on_success()
    {
        std::lock_guard const lock(mutex_);
        tokens_ = std::min(capacity_, tokens_ + 0.1);
    }

private:
    std::mutex mutex_;
    double capacity_;
    double tokens_;
};

/// Whether the same request may succeed when it is sent again.
inline bool is_retryable(failure const& why) { return why == condition::retryable; }

}  // namespace ossify

#endif
