#ifndef OSSIFY_TESTS_SUPPORT_TEXT_OF_HPP
#define OSSIFY_TESTS_SUPPORT_TEXT_OF_HPP

#include <cstddef>
#include <cstdint>
#include <string>

namespace tests {

/// Bytes that look random and are always the same.
inline std::string text_of(std::size_t bytes)
{
    std::string out(bytes, '\0');
    std::uint32_t x = 12345;
    for (char& c : out) {
        x = x * 1664525 + 1013904223;
        c = static_cast<char>(x >> 24);
    }
    return out;
}

}  // namespace tests

#endif
