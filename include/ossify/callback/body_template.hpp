#ifndef OSSIFY_CALLBACK_BODY_TEMPLATE_HPP
#define OSSIFY_CALLBACK_BODY_TEMPLATE_HPP

#include <ossify/callback/fault.hpp>
#include <ossify/callback/json_shape.hpp>
#include <ossify/callback/variables.hpp>
#include <ossify/codec/utf8.hpp>
#include <ossify/core/ascii.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace ossify {

/// What the callback's body is sent as.
enum class callback_body_type {
    form = 1,  ///< application/x-www-form-urlencoded: values are percent-encoded
    json,      ///< application/json: values are JSON values, text comes with its quotes
};

constexpr std::string_view to_string(callback_body_type type) noexcept
{
    return type == callback_body_type::json ? "application/json" : "application/x-www-form-urlencoded";
}

/// A piece of a body template: constant text, or the name of a variable.
struct template_piece {
    std::string_view text{};  ///< the constant text, or the name between ${ and }
    bool is_variable = false;
    std::size_t position = 0;  ///< where the piece begins in the template; a variable begins at its $
};

/// Cuts a body template into constant text and variables. Knows the syntax only, not the names.
class template_reader {
public:
    explicit constexpr template_reader(std::string_view text) noexcept : text_(text) {}

    /// Reads the next piece. Returns false at the end and at a fault.
    constexpr bool next(template_piece& piece) noexcept
    {
        if (at_ == text_.size() || fault_)
            return false;
        auto const rest = text_.substr(at_);
        auto const dollar = rest.find('$');
        if (dollar != 0) {
            piece = {rest.substr(0, dollar), false, at_};
            at_ += piece.text.size();
            return true;
        }
        if (rest.starts_with("$("))
            return stop(callback_fault::round_bracket,
                        rest.substr(0, rest.find(')', 2) == rest.npos ? 2 : rest.find(')', 2) + 1));
        if (!rest.starts_with("${"))
            return stop(callback_fault::lone_dollar, rest.substr(0, 2));
        auto const end = rest.find_first_of("}$", 2);
        if (end == rest.npos || rest[end] == '$')
            return stop(callback_fault::unclosed_variable, rest.substr(0, end));
        if (end == 2)
            return stop(callback_fault::nameless_variable, rest.substr(0, 3));
        piece = {rest.substr(2, end - 2), true, at_};
        at_ += end + 1;
        return true;
    }

    /// The fault that ended the reading, if one did.
    constexpr found_fault const& fault() const noexcept { return fault_; }

private:
    constexpr bool stop(callback_fault kind, std::string_view text) noexcept
    {
        fault_ = {kind, at_, text};
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    found_fault fault_{};
};

namespace detail {

constexpr std::size_t find_encoded_brace(std::string_view text) noexcept
{
    for (auto at = text.find("%24%7"); at != text.npos; at = text.find("%24%7", at + 1))
        if (at + 5 < text.size() && ascii::to_lower(text[at + 5]) == 'b')
            return at;
    return text.npos;
}

/// Checks one name against the service's variables and the custom ones.
constexpr callback_fault check_name(std::string_view name, std::span<std::string_view const> custom) noexcept
{
    if (!name.starts_with("x:"))
        return find_system_variable(name) ? callback_fault::none : callback_fault::unknown_variable;
    for (auto const& known : custom)
        if (known == name.substr(2))
            return callback_fault::none;
    return is_custom_variable_name(name.substr(2)) ? callback_fault::unknown_custom_variable
                                                   : callback_fault::bad_custom_name;
}

/// True when the template has ${x:name}.
constexpr bool uses_custom_variable(std::string_view body, std::string_view name) noexcept
{
    template_reader reader(body);
    template_piece piece;
    while (reader.next(piece))
        if (piece.is_variable && piece.text.starts_with("x:") && piece.text.substr(2) == name)
            return true;
    return false;
}

/// Finds the first fault of a body template; the same code for the compiler and at run time.
/// `custom` are the names of the custom variables, without their prefix.
constexpr found_fault check_body(std::string_view body, callback_body_type type,
                                 std::span<std::string_view const> custom, bool allow_unused) noexcept
{
    if (body.empty())
        return {callback_fault::empty_body};
    if (auto const at = codec::find_non_utf8(body); at != body.npos)
        return {callback_fault::not_utf8, at};
    if (auto const at = find_encoded_brace(body); at != body.npos)
        return {callback_fault::percent_encoded, at, body.substr(at)};

    template_reader reader(body);
    template_piece piece;
    while (reader.next(piece)) {
        if (!piece.is_variable)
            continue;
        if (auto const kind = check_name(piece.text, custom); kind != callback_fault::none)
            return {kind, piece.position, body.substr(piece.position, piece.text.size() + 3),
                    kind == callback_fault::bad_custom_name ? no_index : nearest_variable(piece.text, custom)};
    }
    if (reader.fault())
        return reader.fault();

    if (type == callback_body_type::json) {
        if (auto const fault = json_shape(body).check())
            return fault;
    } else if (auto const first = body.find_first_not_of(" \t\r\n"); first != body.npos && body[first] == '{')
        return {callback_fault::looks_like_json, first, body.substr(first)};

    if (!allow_unused)
        for (std::size_t i = 0; i != custom.size(); ++i)
            if (!uses_custom_variable(body, custom[i]))
                return {callback_fault::unused_variable, 0, custom[i], system_variables.size() + i};
    return {};
}

}  // namespace detail

}  // namespace ossify

#endif
