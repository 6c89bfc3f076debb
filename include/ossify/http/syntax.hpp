#ifndef OSSIFY_HTTP_SYNTAX_HPP
#define OSSIFY_HTTP_SYNTAX_HPP

#include <ossify/core/ascii.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

// The small grammar shared by everything that reads or writes HTTP: tokens, field values, lists, decimal numbers.

namespace ossify::http {

namespace detail {

/// RFC 9110 section 5.6.2, "tchar".
inline constexpr auto token_characters = [] {
    std::array<bool, 256> table{};
    for (char const c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

constexpr bool is_token_character(char c) noexcept { return token_characters[static_cast<unsigned char>(c)]; }

/// RFC 9110 section 5.5, "field-content": everything but controls; a tab is allowed.
constexpr bool is_value_character(char c) noexcept
{
    auto const byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

/// Not 0 when one of the eight bytes may be a control: the borrow of a subtraction marks bytes below 0x20, an exclusive
/// or finds 0x7f.
inline std::uint64_t suspicious_bytes(char const* eight) noexcept
{
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    std::uint64_t word;
    std::memcpy(&word, eight, 8);
    std::uint64_t const del = word ^ (ones * 0x7f);
    return (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & highs;
}

}  // namespace detail

/// Compares ASCII text regardless of case, as header names and tokens are compared. Thread safety: stateless.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size())
        return false;
    if (a == b)  // almost always, when they are equal at all
        return true;
    for (std::size_t i = 0; i != a.size(); ++i)
        if (a[i] != b[i] && ascii::to_lower(a[i]) != ascii::to_lower(b[i]))
            return false;
    return true;
}

/// True when `text` is a token: not empty, no separators, no controls. Thread safety: stateless.
constexpr bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return detail::is_token_character(c); });
}

/// True when `name` can be sent as a header name. Thread safety: stateless.
constexpr bool is_valid_name(std::string_view name) noexcept { return is_token(name); }

/// True when `value` can be sent as a header value: no CR, LF, NUL or other control except a tab. Bytes from 0x80 are
/// allowed. Thread safety: stateless.
inline bool is_valid_value(std::string_view value) noexcept
{
    if (value.size() >= 8) {
        std::uint64_t suspicious = detail::suspicious_bytes(value.data() + value.size() - 8);
        for (std::size_t i = 0; i + 8 < value.size(); i += 8)
            suspicious |= detail::suspicious_bytes(value.data() + i);
        if (suspicious == 0)
            return true;
    }
    return std::all_of(value.begin(), value.end(), [](char c) { return detail::is_value_character(c); });
}

/// True when `target` can stand in a request line: percent-encoded, not empty. Thread safety: stateless.
constexpr bool is_valid_target(std::string_view target) noexcept
{
    return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
        return c != ' ' && c != '\t' && detail::is_value_character(c);
    });
}

/// `text` without spaces and tabs at its ends. Thread safety: stateless.
constexpr std::string_view trim(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

/// Calls `visit` with each element of a comma-separated list, trimmed; empty elements are left out.
/// Source: RFC 9110 section 5.6.1.2.
template<class Visit>
constexpr void for_each_element(std::string_view list, Visit visit)
{
    while (!list.empty()) {
        std::size_t const comma = std::min(list.find(','), list.size());
        if (auto const element = trim(list.substr(0, comma)); !element.empty())
            visit(element);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

/// The number that `text` writes with digits only; nothing when it is empty, holds anything else or exceeds 64 bits.
/// Thread safety: stateless.
inline std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept
{
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

}  // namespace ossify::http

#endif
