#ifndef OSSIFY_CORE_PRINTABLE_HPP
#define OSSIFY_CORE_PRINTABLE_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace ossify {

/// `text` fit for a terminal and for one line of a log: what somebody else wrote cannot move the cursor, colour the
/// screen or begin a line of its own. Control characters (C0, DEL, and C1 in UTF-8) become `\n`, `\r`, `\t` or `\xNN`;
/// all else stays, a backslash too: the result is for reading, not for decoding.
/// Thread safety: stateless. Source: ECMA-48, 5.3: the control characters.
inline std::string printable(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    auto const escape = [&](unsigned char c) {
        out += "\\x";
        out += digits[c >> 4];
        out += digits[c & 15];
    };
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        bool const c1 = c == 0xC2 && i + 1 != text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0) == 0x80;
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20 || c == 0x7F) {
            escape(c);
        } else if (c1) {
            escape(c);
            escape(static_cast<unsigned char>(text[++i]));
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace ossify

#endif
