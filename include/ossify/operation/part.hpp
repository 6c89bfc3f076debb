#ifndef OSSIFY_OPERATION_PART_HPP
#define OSSIFY_OPERATION_PART_HPP

#include <ossify/codec/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ossify {

inline constexpr unsigned max_part_number = 10'000;
inline constexpr std::uint64_t min_part_bytes = 100 * 1024;               ///< but for the last part
inline constexpr std::uint64_t max_part_bytes = 5ULL * 1024 * 1024 * 1024;
inline constexpr std::uint64_t max_object_bytes = max_part_number * max_part_bytes;  ///< 48.8 TB
inline constexpr std::uint64_t max_put_bytes = max_part_bytes;            ///< of an object stored by one put or form

/// The receipt for a part that the service has: what is needed to complete the upload, and to check it.
/// `codec::to_json` and `codec::from_json` turn it into JSON and back.
/// Source: OSS documentation, Multipart upload. Thread safety: a value.
class part {
public:
    part() = default;
    part(unsigned part_number, std::string tag, std::uint64_t length = 0, std::optional<std::uint64_t> crc = {})
        : number(part_number), etag(std::move(tag)), bytes(length), crc64(crc)
    {
    }

    unsigned number = 0;                 ///< 1..10000
    std::string etag;                    ///< without quotes
    std::uint64_t bytes = 0;             ///< 0 when unknown, as for a copied part
    std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ of the part, when known

    friend bool operator==(part const&, part const&) = default;
};

BOOST_DESCRIBE_STRUCT(part, (), (number, etag, bytes, crc64))

}  // namespace ossify

#endif
