#ifndef OSSIFY_MULTIPART_PART_PLAN_HPP
#define OSSIFY_MULTIPART_PART_PLAN_HPP

#include <ossify/core/result.hpp>
#include <ossify/operation/part.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace ossify {

inline constexpr std::uint64_t default_part_bytes = 8ULL * 1024 * 1024;

/// Where one part lies within the object.
struct part_span {
    unsigned number = 0;       ///< 1..10000
    std::uint64_t offset = 0;  ///< of its first byte
    std::uint64_t bytes = 0;

    friend bool operator==(part_span const&, part_span const&) = default;
};

namespace detail {

inline result<std::uint64_t> checked_part_bytes(std::uint64_t wanted)
{
    if (wanted == 0)
        return default_part_bytes;
    if (wanted < min_part_bytes || wanted > max_part_bytes)
        return failure(errc::invalid_argument, "a part size of " + std::to_string(wanted) +
                                                   " bytes; a part has 100 KiB (102400 bytes) to 5 GiB");
    return wanted;
}

}  // namespace detail

/// How an object of known length is cut into parts: all of one size but for the last, which may be shorter.
/// Thread safety: a value. Source: OSS documentation, Multipart upload: 10,000 parts of 100 KB to 5 GB.
class part_plan {
public:
    part_plan() = default;

    /// Plans an object of `bytes`. `wanted` is the size of a part; 0: 8 MiB. Where 10,000 such parts do not suffice, the
    /// size grows to the next whole multiple that does. An object without a byte has one empty part.
    /// Errors: `invalid_argument` for a part size that the service does not take; `body_too_large` beyond 48.8 TB.
    static result<part_plan> make(std::uint64_t bytes, std::uint64_t wanted = 0)
    {
        auto const step = detail::checked_part_bytes(wanted);
        if (!step)
            return step.error();
        if (bytes > max_object_bytes)
            return failure(errc::body_too_large, std::to_string(bytes) + " bytes; an object has at most 48.8 TB");
        part_plan out;
        out.bytes_ = bytes;
        std::uint64_t const needed = divided_up(bytes, max_part_number);
        out.part_bytes_ = std::min(std::max<std::uint64_t>(1, divided_up(needed, *step)) * *step, max_part_bytes);
        out.parts_ = static_cast<unsigned>(std::max<std::uint64_t>(1, divided_up(bytes, out.part_bytes_)));
        return out;
    }

    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t part_bytes() const noexcept { return part_bytes_; }
    unsigned parts() const noexcept { return parts_; }

    /// The part of that number, 1..parts().
    part_span span(unsigned number) const noexcept
    {
        std::uint64_t const offset = (number - 1) * part_bytes_;
        return {number, offset, std::min(part_bytes_, bytes_ - offset)};
    }

    friend bool operator==(part_plan const&, part_plan const&) = default;

private:
    static constexpr std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) noexcept { return a / b + (a % b != 0); }

    std::uint64_t bytes_ = 0;
    std::uint64_t part_bytes_ = default_part_bytes;
    unsigned parts_ = 1;
};

/// How a stream of unknown length is cut into parts. The first 5,000 parts have one size; then the size doubles every 500
/// parts. Parts of 8 MiB carry 39 GiB before the first doubling and about 6 TiB in all; larger first parts carry more.
/// Thread safety: a value.
class growing_plan {
public:
    growing_plan() = default;

    /// `first` is the size of the first parts; 0: 8 MiB.
    /// Errors: `invalid_argument` for a part size that the service does not take.
    static result<growing_plan> make(std::uint64_t first = 0)
    {
        auto const bytes = detail::checked_part_bytes(first);
        if (!bytes)
            return bytes.error();
        growing_plan out;
        out.first_ = *bytes;
        return out;
    }

    /// The size of the part of that number, 1..10000.
    std::uint64_t part_bytes(unsigned number) const noexcept
    {
        unsigned const doublings = number <= even_parts ? 0 : 1 + (number - even_parts - 1) / parts_a_doubling;
        return std::min(first_ << doublings, max_part_bytes);
    }

    /// How much the stream may carry in all.
    std::uint64_t capacity() const noexcept
    {
        std::uint64_t total = even_parts * first_;
        for (unsigned number = even_parts + 1; number <= max_part_number; number += parts_a_doubling)
            total += parts_a_doubling * part_bytes(number);
        return std::min(total, max_object_bytes);
    }

private:
    static constexpr unsigned even_parts = 5000;
    static constexpr unsigned parts_a_doubling = 500;

    std::uint64_t first_ = default_part_bytes;
};

}  // namespace ossify

#endif
