#ifndef OSSIFY_EMULATOR_HTML_TEXT_HPP
#define OSSIFY_EMULATOR_HTML_TEXT_HPP

#include <ossify/codec/xml.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ossify::emulation {

namespace detail {

/// Bytes of the first character when a reader can see it and it changes nothing about its neighbours, else 0.
inline std::size_t visible_character(std::string_view text)
{
    auto const first = static_cast<unsigned char>(text[0]);
    std::size_t const n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    std::string_view const one = text.substr(0, n);
    if (one.size() != n || !codec::xml_can_hold(one) || first == 0x7f)
        return 0;
    bool const control = one >= "\xc2\x80" && one <= "\xc2\x9f";
    bool const turns_direction = (one >= "\xe2\x80\xaa" && one <= "\xe2\x80\xae") ||  // U+202A to U+202E
                                 (one >= "\xe2\x81\xa6" && one <= "\xe2\x81\xa9");    // U+2066 to U+2069
    return control || turns_direction ? 0 : n;
}

}  // namespace detail

/// Appends any bytes as text of an HTML page, also within quotes: what HTML would take for more than text is escaped,
/// and bytes that are no UTF-8 or would not be seen stand as \xNN. Thread safety: stateless.
inline void append_html_text(std::string& out, std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    while (!bytes.empty()) {
        std::size_t const n = detail::visible_character(bytes);
        switch (bytes[0]) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default:
            if (n != 0) {
                out += bytes.substr(0, n);
            } else {
                auto const byte = static_cast<unsigned char>(bytes[0]);
                out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
            }
        }
        bytes.remove_prefix(n != 0 ? n : 1);
    }
}

}  // namespace ossify::emulation

#endif
