#ifndef OSSIFY_CALLBACK_MEMBER_MAPPING_HPP
#define OSSIFY_CALLBACK_MEMBER_MAPPING_HPP

#include <ossify/callback/variables.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/core/ascii.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace ossify::detail {

template<class Vars, class Index>
struct member_names_of;

template<class Vars, std::size_t... Index>
struct member_names_of<Vars, std::index_sequence<Index...>> {
    static constexpr std::array<std::string_view, sizeof...(Index)> list{codec::member_name<Vars, Index>()...};
};

/// The names of a described struct's members, in order.
template<class Vars>
using member_names = member_names_of<Vars, std::make_index_sequence<codec::member_count<Vars>()>>;

/// True when a C++ member name is a variable's name, or that name in snake case: `mimeType` or `mime_type` for
/// mimeType, `image_info_width` for imageInfo.width.
constexpr bool names_variable(std::string_view member, std::string_view variable) noexcept
{
    if (member == variable)
        return true;
    std::size_t at = 0;
    for (char const c : variable) {
        bool const upper = ascii::to_lower(c) != c;
        if (upper && (at == member.size() || member[at++] != '_'))
            return false;
        if (at == member.size() || member[at++] != (c == '.' ? '_' : ascii::to_lower(c)))
            return false;
    }
    return at == member.size();
}

/// Returns the service's variable that a struct's member stands for; nothing when it is a custom one.
constexpr std::optional<system_variable> find_variable_of_member(std::string_view member) noexcept
{
    for (auto const& variable : system_variables)
        if (names_variable(member, variable.name))
            return variable;
    return std::nullopt;
}

/// True for numbers that a contract's JSON template puts into quotes. For an object that is no image the service may
/// write nothing at all in their place, and only inside quotes the body is JSON all the same.
constexpr bool is_sent_in_quotes(system_variable const& variable) noexcept
{
    return variable.images_only && variable.kind == variable_kind::number;
}

}  // namespace ossify::detail

#endif
