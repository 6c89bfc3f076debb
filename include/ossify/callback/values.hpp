#ifndef OSSIFY_CALLBACK_VALUES_HPP
#define OSSIFY_CALLBACK_VALUES_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/callback/member_mapping.hpp>
#include <ossify/codec/describe.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify::detail {

template<class T>
inline constexpr bool is_optional_value = false;
template<class T>
inline constexpr bool is_optional_value<std::optional<T>> = true;

/// What a custom variable can be made of: text, a number, a bool, or an optional of these.
template<class T>
constexpr bool can_be_variable() noexcept
{
    if constexpr (is_optional_value<T>)
        return can_be_variable<typename T::value_type>();
    else
        return std::convertible_to<T const&, std::string_view> || std::is_arithmetic_v<T>;
}

/// The text of a value: true and false, shortest digits that read back the same, and nothing for an empty optional.
/// A char is one character.
template<class T>
std::string to_variable_text(T const& value)
{
    static_assert(can_be_variable<T>(),
                  "a custom variable of a callback is text, a number, a bool, or an optional of one of these");
    if constexpr (is_optional_value<T>)
        return value ? to_variable_text(*value) : std::string();
    else if constexpr (std::convertible_to<T const&, std::string_view>)
        return std::string(std::string_view(value));
    else if constexpr (std::same_as<T, bool>)
        return value ? "true" : "false";
    else if constexpr (std::same_as<T, char>)
        return std::string(1, value);
    else if constexpr (std::is_arithmetic_v<T>) {
        std::array<char, 64> digits{};
        auto const written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        return std::string(digits.data(), written.ptr);
    }
}

/// A struct's members as custom variables: `user_id` becomes `x:user_id`.
template<class Vars>
std::vector<callback_variable> to_variables(Vars const& vars)
{
    std::vector<callback_variable> list;
    list.reserve(codec::member_count<Vars>());
    codec::for_each_member<Vars>([&](std::string_view name, auto member) {
        list.emplace_back(std::string("x:").append(name), to_variable_text(vars.*member));
    });
    return list;
}

}  // namespace ossify::detail

#endif
