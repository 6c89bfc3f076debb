#ifndef OSSIFY_CORE_FIXED_STRING_HPP
#define OSSIFY_CORE_FIXED_STRING_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace ossify {

/// A string literal as a template argument.
template<std::size_t N>
struct fixed_string {
    char text[N]{};

    consteval fixed_string(char const (&literal)[N]) { std::copy_n(literal, N, text); }

    constexpr std::string_view view() const noexcept { return {text, N - 1}; }
    friend constexpr bool operator==(fixed_string const&, fixed_string const&) = default;
};

}  // namespace ossify

#endif
