#ifndef OSSIFY_MULTIPART_PARALLEL_LIMIT_HPP
#define OSSIFY_MULTIPART_PARALLEL_LIMIT_HPP

#include <algorithm>
#include <cstdint>

namespace ossify {

/// How many parts may be under way at once: one more after each round of successes, half as many after the service asked
/// to slow down. Refusals of requests that were under way together count as one.
/// Thread safety: not thread-safe; `upload_state` guards it.
class parallel_limit {
public:
    parallel_limit() = default;
    /// Starts at `most`. `least` is 1 or more.
    parallel_limit(unsigned least, unsigned most) noexcept
        : least_(std::max(1U, least)), most_(std::max(least_, most)), value_(most_), lowest_(most_)
    {
    }

    /// The limit now.
    unsigned value() const noexcept { return static_cast<unsigned>(value_); }
    unsigned least() const noexcept { return least_; }
    unsigned most() const noexcept { return most_; }
    /// The lowest it has been.
    unsigned lowest() const noexcept { return lowest_; }
    std::uint64_t throttled() const noexcept { return throttled_; }

    /// Marks a request that begins now; give it to `on_throttled`.
    std::uint64_t era() const noexcept { return era_; }

    void on_success() noexcept { value_ = std::min<double>(most_, value_ + 1 / value_); }

    /// The service refused a request that began at `era`. Returns: whether the limit changed.
    bool on_throttled(std::uint64_t era) noexcept
    {
        ++throttled_;
        if (era != era_)
            return false;  // it began before the limit was lowered the last time
        ++era_;
        unsigned const before = value();
        value_ = std::max<double>(least_, value_ / 2);
        lowest_ = std::min(lowest_, value());
        return value() != before;
    }

private:
    unsigned least_ = 1;
    unsigned most_ = 1;
    double value_ = 1;
    unsigned lowest_ = 1;
    std::uint64_t throttled_ = 0;
    std::uint64_t era_ = 0;
};

}  // namespace ossify

#endif
