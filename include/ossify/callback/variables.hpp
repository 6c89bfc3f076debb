#ifndef OSSIFY_CALLBACK_VARIABLES_HPP
#define OSSIFY_CALLBACK_VARIABLES_HPP

#include <ossify/core/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace ossify {

/// How the service writes a variable into a JSON body.
enum class variable_kind {
    text = 1,  ///< with quotes around it
    number,    ///< bare digits
    either,    ///< not documented: both have to be expected
};

/// A variable that the service fills in.
struct system_variable {
    std::string_view name;
    variable_kind kind = variable_kind::text;
    bool images_only = false;  ///< has no value unless the object is an image
};

/// Every documented variable. Names are case-sensitive. Source: OSS documentation, "Callback".
inline constexpr std::array<system_variable, 14> system_variables{{
    {"bucket", variable_kind::text, false},
    {"object", variable_kind::text, false},
    {"etag", variable_kind::text, false},
    {"size", variable_kind::number, false},
    {"mimeType", variable_kind::text, false},
    {"imageInfo.height", variable_kind::number, true},
    {"imageInfo.width", variable_kind::number, true},
    {"imageInfo.format", variable_kind::text, true},
    {"crc64", variable_kind::either, false},
    {"contentMd5", variable_kind::text, false},
    {"vpcId", variable_kind::text, false},
    {"clientIp", variable_kind::text, false},
    {"reqId", variable_kind::text, false},
    {"operation", variable_kind::text, false},
}};

/// Returns the variable with exactly this name, nothing when the service has none.
/// By value: GCC 12 with UBSan takes the comparison of a pointer with null for no constant expression.
constexpr std::optional<system_variable> find_system_variable(std::string_view name) noexcept
{
    auto const found = std::ranges::find(system_variables, name, &system_variable::name);
    return found == system_variables.end() ? std::nullopt : std::optional<system_variable>(*found);
}

/// True for names that are safe as custom variables, without the prefix `x:`: [a-z0-9_]+.
/// The service refuses upper case; nothing else is documented to work.
constexpr bool is_custom_variable_name(std::string_view name) noexcept
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

namespace detail {

/// True when a name before this one is the same: two bases of a struct may have members of one name.
constexpr bool is_repeated(std::span<std::string_view const> names, std::size_t index) noexcept
{
    return std::ranges::find(names.first(index), names[index]) != names.first(index).end();
}

inline constexpr std::size_t no_index = static_cast<std::size_t>(-1);

/// Edit distance that ignores case and what joins words, so that `mime_type` is close to `mimeType`.
/// Names that are too long to be a slip of the pen are as far away as can be.
constexpr std::size_t distance(std::string_view a, std::string_view b) noexcept
{
    constexpr std::size_t longest = 48;
    if (a.size() > longest || b.size() > longest)
        return no_index;
    std::array<std::size_t, longest + 1> row{};
    auto const cost = [](char c) -> std::size_t { return c == '_' || c == '-' || c == '.' || c == ' ' ? 0U : 1U; };
    for (std::size_t j = 0; j != b.size(); ++j)
        row[j + 1] = row[j] + cost(b[j]);
    for (std::size_t i = 0; i != a.size(); ++i) {
        auto diagonal = row[0];
        row[0] += cost(a[i]);
        for (std::size_t j = 0; j != b.size(); ++j) {
            auto const above = row[j + 1];
            auto const swapped = diagonal + (ascii::to_lower(a[i]) == ascii::to_lower(b[j]) ? 0U : 1U);
            row[j + 1] = std::min({above + cost(a[i]), row[j] + cost(b[j]), swapped});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// Returns the index of the name that was probably meant: first the service's variables, then (after them) the
/// custom ones; no_index when none is near.
constexpr std::size_t nearest_variable(std::string_view name, std::span<std::string_view const> custom) noexcept
{
    bool const wants_custom = name.starts_with("x:") || name.starts_with("X:");
    auto const bare = wants_custom ? name.substr(2) : name;
    auto best = no_index;
    auto best_distance = std::max<std::size_t>(bare.size() / 3, 1) + 1;
    auto const offer = [&](std::string_view candidate, std::size_t index, bool preferred) {
        auto d = distance(bare, candidate);
        if (d != no_index && !preferred)
            ++d;
        if (d < best_distance) {
            best = index;
            best_distance = d;
        }
    };
    for (std::size_t i = 0; i != system_variables.size(); ++i)
        offer(system_variables[i].name, i, !wants_custom);
    for (std::size_t i = 0; i != custom.size(); ++i)
        offer(custom[i], system_variables.size() + i, wants_custom);
    return best;
}

}  // namespace detail

}  // namespace ossify

#endif
