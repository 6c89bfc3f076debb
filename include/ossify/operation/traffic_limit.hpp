#ifndef OSSIFY_OPERATION_TRAFFIC_LIMIT_HPP
#define OSSIFY_OPERATION_TRAFFIC_LIMIT_HPP

#include <ossify/core/result.hpp>

#include <cstdint>
#include <string>

namespace ossify {

/// What the service takes as `x-oss-traffic-limit`, bit/s.
/// Source: OSS documentation, Single-connection bandwidth throttling; of its two lower bounds the lower one.
inline constexpr std::uint64_t min_traffic_limit = 245'760;
inline constexpr std::uint64_t max_traffic_limit = 838'860'800;

namespace detail {

/// 0 stands for no limit. Errors: `invalid_argument`.
inline result<void> check_traffic_limit(std::uint64_t bits_per_second)
{
    bool const in_range = bits_per_second >= min_traffic_limit && bits_per_second <= max_traffic_limit;
    if (bits_per_second == 0 || in_range)
        return {};
    return failure(errc::invalid_argument, "the traffic limit must be between " + std::to_string(min_traffic_limit) +
                                               " and " + std::to_string(max_traffic_limit) + " bit/s, not " +
                                               std::to_string(bits_per_second));
}

}  // namespace detail

}  // namespace ossify

#endif
