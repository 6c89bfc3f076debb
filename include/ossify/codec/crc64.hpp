#ifndef OSSIFY_CODEC_CRC64_HPP
#define OSSIFY_CODEC_CRC64_HPP

#include <ossify/codec/detail/crc64_kernels.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ossify {

/// The CRC-64 that the service computes over an object (x-oss-hash-crc64ecma): CRC-64/XZ, reflected ECMA-182.
/// `previous` is the value over the bytes before these; 0 at the start. The fastest code that the processor can run
/// is chosen once, at the first call.
/// Thread safety: stateless. Source: ECMA-182; OSS documentation: PutObject, AppendObject.
inline std::uint64_t crc64(std::span<std::byte const> bytes, std::uint64_t previous = 0)
{
    auto const* const first = reinterpret_cast<unsigned char const*>(bytes.data());
    return ~detail::chosen_crc64_kernel().step(first, bytes.size(), ~previous);
}
inline std::uint64_t crc64(std::string_view bytes, std::uint64_t previous = 0)
{
    return crc64(std::as_bytes(std::span(bytes)), previous);
}

namespace detail {

/// The product of two polynomials modulo the CRC's; bit 63 is the coefficient of x^0.
constexpr std::uint64_t crc64_multiply(std::uint64_t a, std::uint64_t b) noexcept
{
    std::uint64_t product = 0;
    for (int power = 63; power >= 0; --power) {
        product ^= a & (0 - (b >> power & 1));
        a = a >> 1 ^ (crc64_polynomial & (0 - (a & 1)));
    }
    return product;
}

/// x^(8 * 2^k): what a CRC is multiplied with when 2^k bytes follow it.
inline constexpr auto crc64_byte_powers = [] {
    std::array<std::uint64_t, 64> powers{};
    powers[0] = std::uint64_t{1} << 55;
    for (std::size_t k = 1; k != powers.size(); ++k)
        powers[k] = crc64_multiply(powers[k - 1], powers[k - 1]);
    return powers;
}();

}  // namespace detail

/// The CRC-64 of A followed by B, from the CRC-64 of each and the length of B in bytes. Takes time in the number of
/// one bits of the length: about 0.1 microseconds for each.
/// Thread safety: stateless. Source: zlib's crc32_combine, for this polynomial.
constexpr std::uint64_t crc64_combine(std::uint64_t crc_a, std::uint64_t crc_b, std::uint64_t length_b) noexcept
{
    for (; length_b != 0; length_b &= length_b - 1)
        crc_a = detail::crc64_multiply(crc_a,
                                       detail::crc64_byte_powers[static_cast<std::size_t>(std::countr_zero(length_b))]);
    return crc_a ^ crc_b;
}

}  // namespace ossify

#endif
