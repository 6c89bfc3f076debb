#ifndef OSSIFY_RECEIVER_KEY_CACHE_LIMITS_HPP
#define OSSIFY_RECEIVER_KEY_CACHE_LIMITS_HPP

#include <chrono>
#include <cstddef>

namespace ossify {

/// How much a key cache holds, how long it believes what it has, and how often it asks.
class key_cache_limits {
public:
    key_cache_limits() = default;

    std::size_t keys = 16;                     ///< URLs it knows something about
    std::chrono::milliseconds life{86'400'000};  ///< until a fetched key is fetched again, although it fits
    std::chrono::milliseconds retry{30'000};   ///< after a fetch that failed, or whose key does not fit: until the next
    std::chrono::milliseconds fetch{2'000};    ///< for one fetch; the service waits 5 s for the answer to a callback
    unsigned strangers = 30;                   ///< fetches a minute of URLs that nobody named beforehand
};

}  // namespace ossify

#endif
