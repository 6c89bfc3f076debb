#ifndef OSSIFY_CODEC_HEX_HPP
#define OSSIFY_CODEC_HEX_HPP

#include <ossify/core/result.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace ossify::codec {

namespace detail {

/// The two digits of each byte, one after the other.
constexpr std::array<char, 512> pairs_of(std::string_view digits)
{
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte != 256; ++byte) {
        pairs[2 * byte] = digits[byte / 16];
        pairs[2 * byte + 1] = digits[byte % 16];
    }
    return pairs;
}

inline constexpr auto lower_pairs = pairs_of("0123456789abcdef");
inline constexpr auto upper_pairs = pairs_of("0123456789ABCDEF");

/// Writes the two digits of a byte. Returns: where the next ones go.
inline char* write_pair(char* to, char byte, std::array<char, 512> const& pairs) noexcept
{
    std::memcpy(to, pairs.data() + 2 * static_cast<unsigned char>(byte), 2);
    return to + 2;
}

/// The value of a hexadecimal digit of either case, or -1.
constexpr int hex_value(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

inline void hex_encode_to(std::string& out, std::string_view bytes, std::array<char, 512> const& pairs)
{
    std::size_t const before = out.size();
    out.resize(before + bytes.size() * 2);
    char* to = out.data() + before;
    for (char const c : bytes)
        to = write_pair(to, c, pairs);
}

inline std::string hex_encode(std::string_view bytes, std::array<char, 512> const& pairs)
{
    std::string out;
    hex_encode_to(out, bytes, pairs);
    return out;
}

}  // namespace detail

/// Two lower-case digits a byte. Thread safety: stateless.
inline std::string hex_encode_lower(std::string_view bytes) { return detail::hex_encode(bytes, detail::lower_pairs); }

/// Appends them. `bytes` must not be part of `out`. Thread safety: stateless.
inline void hex_encode_lower_to(std::string& out, std::string_view bytes)
{
    detail::hex_encode_to(out, bytes, detail::lower_pairs);
}

/// Two upper-case digits a byte. Thread safety: stateless.
inline std::string hex_encode_upper(std::string_view bytes) { return detail::hex_encode(bytes, detail::upper_pairs); }

/// The bytes that hexadecimal text of either case stands for.
/// Errors: `invalid_argument` for an odd length or a character that is no digit.
/// Thread safety: stateless.
inline result<std::string> hex_decode(std::string_view text)
{
    if (text.size() % 2 != 0)
        return failure(errc::invalid_argument, "hexadecimal text of odd length " + std::to_string(text.size()));
    std::string out(text.size() / 2, '\0');
    for (std::size_t i = 0; i != out.size(); ++i) {
        int const high = detail::hex_value(text[2 * i]);
        int const low = detail::hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return failure(errc::invalid_argument,
                           "no hexadecimal digit at byte " + std::to_string(high < 0 ? 2 * i : 2 * i + 1));
        out[i] = static_cast<char>(high << 4 | low);
    }
    return out;
}

}  // namespace ossify::codec

#endif
