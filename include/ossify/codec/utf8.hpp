#ifndef OSSIFY_CODEC_UTF8_HPP
#define OSSIFY_CODEC_UTF8_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace ossify::codec {

/// Finds the first byte that is no UTF-8 (overlong forms, surrogates and cut sequences included); npos when none is.
/// Thread safety: stateless. Source: RFC 3629, 4.
constexpr std::size_t find_non_utf8(std::string_view text) noexcept
{
    std::size_t i = 0;
    while (i != text.size()) {
        auto const byte = [&](std::size_t k) {
            return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
        };
        auto const lead = byte(0);
        std::size_t const length = lead < 0x80   ? 1U
                                   : lead < 0xC2 ? 0U
                                   : lead < 0xE0 ? 2U
                                   : lead < 0xF0 ? 3U
                                   : lead < 0xF5 ? 4U
                                                 : 0U;
        if (length == 0)
            return i;
        for (std::size_t k = 1; k != length; ++k)
            if ((byte(k) & 0xC0U) != 0x80U)
                return i;
        auto const second = byte(1);
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
            (lead == 0xF4 && second > 0x8F))
            return i;
        i += length;
    }
    return std::string_view::npos;
}

/// The text with U+FFFD for each byte that is no UTF-8: fit for JSON, whatever came in. Thread safety: stateless.
inline std::string replace_non_utf8(std::string_view text)
{
    std::string out;
    for (auto bad = find_non_utf8(text); bad != text.npos; bad = find_non_utf8(text)) {
        out.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
        text.remove_prefix(bad + 1);
    }
    return out.append(text);
}

}  // namespace ossify::codec

#endif
