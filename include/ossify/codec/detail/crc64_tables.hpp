#ifndef OSSIFY_CODEC_DETAIL_CRC64_TABLES_HPP
#define OSSIFY_CODEC_DETAIL_CRC64_TABLES_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ossify::detail {

/// ECMA-182's polynomial 0x42F0E1EBA9EA3693 with its bits reversed.
inline constexpr std::uint64_t crc64_polynomial = 0xC96C5795D7870F42;

/// Row k tells what a byte does to the register when k more bytes follow it.
inline constexpr auto crc64_table = [] {
    std::array<std::array<std::uint64_t, 256>, 16> rows{};
    for (std::size_t byte = 0; byte != 256; ++byte) {
        std::uint64_t crc = byte;
        for (int bit = 0; bit != 8; ++bit)
            crc = (crc & 1) != 0 ? crc >> 1 ^ crc64_polynomial : crc >> 1;
        rows[0][byte] = crc;
    }
    for (std::size_t row = 1; row != rows.size(); ++row)
        for (std::size_t byte = 0; byte != 256; ++byte)
            rows[row][byte] = rows[row - 1][byte] >> 8 ^ rows[0][rows[row - 1][byte] & 255];
    return rows;
}();

/// Eight bytes, the first in the lowest bits.
inline std::uint64_t load_little_endian(unsigned char const* p) noexcept
{
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little)
        std::memcpy(&word, p, sizeof word);
    else
        for (int i = 0; i != 8; ++i)
            word |= std::uint64_t{p[i]} << (8 * i);
    return word;
}

/// Advances the raw register over bytes one at a time: the definition that the others are measured against.
inline std::uint64_t crc64_step_bytewise(unsigned char const* p, std::size_t bytes, std::uint64_t crc) noexcept
{
    for (; bytes != 0; --bytes)
        crc = crc64_table[0][(crc ^ *p++) & 255] ^ crc >> 8;
    return crc;
}

/// Advances the raw register with sixteen look-ups for sixteen bytes: for processors without carry-less products.
inline std::uint64_t crc64_step_sliced(unsigned char const* p, std::size_t bytes, std::uint64_t crc) noexcept
{
    auto const& t = crc64_table;
    for (; bytes >= 16; p += 16, bytes -= 16) {
        std::uint64_t const a = load_little_endian(p) ^ crc;
        std::uint64_t const b = load_little_endian(p + 8);
        crc = t[15][a & 255] ^ t[14][a >> 8 & 255] ^ t[13][a >> 16 & 255] ^ t[12][a >> 24 & 255] ^
              t[11][a >> 32 & 255] ^ t[10][a >> 40 & 255] ^ t[9][a >> 48 & 255] ^ t[8][a >> 56] ^ t[7][b & 255] ^
              t[6][b >> 8 & 255] ^ t[5][b >> 16 & 255] ^ t[4][b >> 24 & 255] ^ t[3][b >> 32 & 255] ^
              t[2][b >> 40 & 255] ^ t[1][b >> 48 & 255] ^ t[0][b >> 56];
    }
    return crc64_step_bytewise(p, bytes, crc);
}

/// x^power modulo the polynomial; bit 63 is the coefficient of x^0.
constexpr std::uint64_t crc64_power(unsigned power) noexcept
{
    std::uint64_t x = std::uint64_t{1} << 63;
    for (; power != 0; --power)
        x = (x & 1) != 0 ? x >> 1 ^ crc64_polynomial : x >> 1;
    return x;
}

/// The factors that carry 16 bytes over a distance of `Bits` bits: for their first and for their last 8 bytes.
/// A carry-less product of reflected words lacks one factor x, which the -1 makes up for.
template<unsigned Bits>
struct crc64_fold {
    static constexpr std::uint64_t first = crc64_power(Bits + 64 - 1);
    static constexpr std::uint64_t last = crc64_power(Bits - 1);
};

}  // namespace ossify::detail

#endif
