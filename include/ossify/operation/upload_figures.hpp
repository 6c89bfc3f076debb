#ifndef OSSIFY_OPERATION_UPLOAD_FIGURES_HPP
#define OSSIFY_OPERATION_UPLOAD_FIGURES_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace ossify {

/// How an upload in parts went. Thread safety: a value.
class upload_figures {
public:
    upload_figures() = default;

    std::uint64_t part_bytes = 0;       ///< size of the first part
    unsigned resumed_parts = 0;         ///< parts that an earlier run had sent
    std::uint64_t resumed_bytes = 0;
    std::uint64_t throttled = 0;        ///< requests for parts that the service refused as too many
    unsigned most_parallel = 0;         ///< parts that were allowed to be under way at once: the most,
    unsigned least_parallel = 0;        ///< the least,
    unsigned last_parallel = 0;         ///< and at the end
    std::vector<std::string> notices;   ///< what was not as expected and did no harm, in words
};

}  // namespace ossify

#endif
