#ifndef OSSIFY_CODEC_BASE64_HPP
#define OSSIFY_CODEC_BASE64_HPP

#include <ossify/core/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ossify::codec {

/// How many characters `base64_encode` makes of `bytes` bytes, padding included.
constexpr std::size_t base64_encoded_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

namespace detail {

inline constexpr char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two characters for every group of 12 bits: half the look-ups of the usual table.
inline constexpr auto base64_pairs = [] {
    std::array<char, 2 * 4096> pairs{};
    for (std::size_t i = 0; i != 4096; ++i) {
        pairs[2 * i] = base64_alphabet[i >> 6];
        pairs[2 * i + 1] = base64_alphabet[i & 63];
    }
    return pairs;
}();

inline constexpr std::uint8_t not_base64 = 0xff;

inline constexpr auto base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    for (std::size_t i = 0; i != 64; ++i)
        values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

}  // namespace detail

/// Base64 with the standard alphabet and padding, on one line. Thread safety: stateless. Source: RFC 4648 section 4.
inline std::string base64_encode(std::string_view bytes)
{
    std::string out(base64_encoded_size(bytes.size()), '=');
    char* to = out.data();
    auto const at = [bytes](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
    auto const pair = [&to](std::uint32_t twelve_bits) {
        *to++ = detail::base64_pairs[2 * twelve_bits];
        *to++ = detail::base64_pairs[2 * twelve_bits + 1];
    };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        std::uint32_t const group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        pair(group >> 12);
        pair(group & 4095);
    }
    if (bytes.size() - i == 1) {
        pair(at(i) << 4);
    } else if (bytes.size() - i == 2) {
        std::uint32_t const group = at(i) << 16 | at(i + 1) << 8;
        pair(group >> 12);
        *to = detail::base64_alphabet[group >> 6 & 63];
    }
    return out;
}

/// The bytes that Base64 text stands for. Strict: standard alphabet, full padding, no white space, and no bits set
/// that the padding throws away, so that every value has exactly one text.
/// Errors: `malformed_base64`.
/// Thread safety: stateless. Source: RFC 4648 sections 3.5 and 4.
inline result<std::string> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0)
        return failure(errc::malformed_base64, "length " + std::to_string(text.size()) + " is no multiple of four");
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::size_t const digits = text.size() - padding;
    std::string out(text.size() / 4 * 3 - padding, '\0');
    char* to = out.data();

    auto const value = [text](std::size_t i) -> std::uint32_t {
        return detail::base64_values[static_cast<unsigned char>(text[i])];
    };
    // No value exceeds 63, so a bit of 0x80 in the disjunction shows a character outside the alphabet.
    std::size_t i = 0;
    std::uint32_t seen = 0;
    for (; i + 4 <= digits; i += 4) {
        std::uint32_t const a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
        seen |= a | b | c | d;
        std::uint32_t const group = a << 18 | b << 12 | c << 6 | d;
        *to++ = static_cast<char>(group >> 16 & 255);
        *to++ = static_cast<char>(group >> 8 & 255);
        *to++ = static_cast<char>(group & 255);
    }
    std::uint32_t spare = 0;
    if (padding == 1) {
        std::uint32_t const a = value(i), b = value(i + 1), c = value(i + 2);
        seen |= a | b | c;
        *to++ = static_cast<char>((a << 2 | b >> 4) & 255);
        *to++ = static_cast<char>((b << 4 | c >> 2) & 255);
        spare = c & 3;
    } else if (padding == 2) {
        std::uint32_t const a = value(i), b = value(i + 1);
        seen |= a | b;
        *to++ = static_cast<char>((a << 2 | b >> 4) & 255);
        spare = b & 15;
    }
    if ((seen & 0x80) != 0) {
        std::size_t bad = 0;
        while (value(bad) != detail::not_base64)
            ++bad;
        return failure(errc::malformed_base64, "a character outside the alphabet at byte " + std::to_string(bad));
    }
    if (spare != 0)
        return failure(errc::malformed_base64, "the last character carries bits that belong to no byte");
    return out;
}

}  // namespace ossify::codec

#endif
