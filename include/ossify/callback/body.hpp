#ifndef OSSIFY_CALLBACK_BODY_HPP
#define OSSIFY_CALLBACK_BODY_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/callback/urls.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

namespace ossify {

struct as_json_t {
    explicit as_json_t() = default;
};
struct allow_unused_variables_t {
    explicit allow_unused_variables_t() = default;
};

/// The callback's body is JSON: `{"object":${object},"size":${size}}`. Without it the body is a form.
inline constexpr as_json_t as_json{};

/// Custom variables that the body does not use are sent all the same.
inline constexpr allow_unused_variables_t allow_unused_variables{};

template<class Option>
concept callback_option = std::same_as<Option, as_json_t> || std::same_as<Option, allow_unused_variables_t>;

/// A body template, checked while the program is compiled against the custom variables in `Names`.
/// Source: OSS documentation, "Callback" (callbackBody).
template<class Names, callback_option... Options>
class callback_body {
public:
    static constexpr callback_body_type type =
        (std::same_as<Options, as_json_t> || ...) ? callback_body_type::json : callback_body_type::form;
    static constexpr bool allows_unused = (std::same_as<Options, allow_unused_variables_t> || ...);

    template<detail::constant_text Text>
    consteval callback_body(Text const& body)  // implicit: a literal stands for itself
        : text_(body)
    {
        if (std::derived_from<Names, detail::unknown_names>)
            return;
        for (std::size_t i = 0; i != Names::list.size(); ++i) {
            auto const name = Names::list[i];
            if (!is_custom_variable_name(name))
                detail::refuse<Names>({callback_fault::bad_custom_name, 0, name, system_variables.size() + i});
            if (detail::is_repeated(Names::list, i))
                detail::refuse<Names>({callback_fault::duplicate_variable, 0, name, system_variables.size() + i});
        }
        if (auto const fault = detail::check_body(text_, type, Names::list, allows_unused))
            detail::refuse<Names>(fault);
        if (detail::parameters_length(1, {}, text_, type, {}) > detail::longest_json)
            detail::refuse({callback_fault::parameters_too_long});
    }

    constexpr std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

}  // namespace ossify

#endif
