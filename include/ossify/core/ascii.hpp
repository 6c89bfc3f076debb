#ifndef OSSIFY_CORE_ASCII_HPP
#define OSSIFY_CORE_ASCII_HPP

#include <string>

// What <cctype> does by the process's locale, for names of protocols, which know none.

namespace ossify::ascii {

/// The small letter of a capital one; other bytes as they are. Thread safety: stateless.
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// The text with small letters. Thread safety: stateless.
inline std::string lower_case(std::string text)
{
    for (char& c : text)
        c = to_lower(c);
    return text;
}

}  // namespace ossify::ascii

#endif
