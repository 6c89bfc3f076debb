#ifndef OSSIFY_CALLBACK_MAKE_CALLBACK_HPP
#define OSSIFY_CALLBACK_MAKE_CALLBACK_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/callback.hpp>
#include <ossify/callback/encode.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/callback/variables.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// Callback parameters that are all known at run time: from a command line, a configuration, another program.
class callback_parameters {
public:
    callback_parameters() = default;

    std::string urls;  ///< one to five, separated by semicolons
    std::string host;  ///< the Host header; empty: the host of the URL
    std::string body;  ///< the template
    callback_body_type body_type = callback_body_type::form;
    std::optional<bool> sni;                   ///< empty: true when a URL is https with a host name
    std::vector<callback_variable> variables;  ///< names with or without their prefix `x:`
    bool allow_unused = false;                 ///< send variables that the body does not use
};

namespace detail {

/// Gives the callback back unless it cannot be encoded.
inline result<callback> if_encodable(callback made)
{
    if (auto const encoded = made.encode(); !encoded)
        return encoded.error();
    return made;
}

template<class Body>
result<callback> make_with_urls(std::string_view urls, Body const& body,
                                result<std::shared_ptr<encoded_variables const>> variables)
{
    auto const checked = check_urls(urls);
    if (checked.fault)
        return to_failure(checked.fault);
    return if_encodable(callback(to_text(std::string(urls), checked.wants_sni, body), std::move(variables)));
}

/// Checks the names and gives each its prefix, once.
inline result<std::vector<callback_variable>> with_prefix(std::vector<callback_variable> variables)
{
    std::vector<std::string_view> seen;
    for (auto& [name, value] : variables) {
        if (!name.starts_with("x:"))
            name.insert(0, "x:");
        auto const bare = std::string_view(name).substr(2);
        if (!is_custom_variable_name(bare))
            return to_failure({callback_fault::bad_custom_name, 0, name});
        if (std::ranges::find(seen, bare) != seen.end())
            return to_failure({callback_fault::duplicate_variable, 0, name});
        seen.push_back(bare);
    }
    return variables;
}

}  // namespace detail

/// Makes a callback of a body literal, a described struct of variables, and URLs that are known at run time.
/// The options are those of `callback`: `as_json`, `allow_unused_variables`.
/// Errors: invalid_callback; the text says what is wrong, where, and what to do.
template<detail::variables_argument Vars, callback_option... Options>
result<callback> make_callback(Vars&& vars, std::string_view urls, detail::literal_body<Vars, Options...> body,
                               Options...)
{
    return detail::make_with_urls(urls, body, detail::encode_members<Vars>(vars));
}

/// As above, without custom variables.
template<callback_option... Options>
result<callback> make_callback(std::string_view urls, detail::literal_body_alone<Options...> body, Options...)
{
    return detail::make_with_urls(urls, body, {});
}

/// Makes a callback of parameters that are all known at run time. The checks are those that the compiler makes of
/// literals.
/// Errors: invalid_callback; the text says what is wrong, where, and what to do.
inline result<callback> make_callback(callback_parameters const& parameters)
{
    auto const urls = detail::check_urls(parameters.urls);
    if (urls.fault)
        return to_failure(urls.fault);
    auto variables = detail::with_prefix(parameters.variables);
    if (!variables)
        return variables.error();

    std::vector<std::string_view> names;
    for (auto const& variable : *variables)
        names.push_back(std::string_view(variable.first).substr(2));
    if (auto const fault = detail::check_body(parameters.body, parameters.body_type, names, parameters.allow_unused))
        return to_failure(fault, names);

    detail::callback_text text;
    text.urls = parameters.urls;
    text.wants_sni = urls.wants_sni;
    text.host = parameters.host;
    text.body = parameters.body;
    text.type = parameters.body_type;
    text.sni = parameters.sni;
    return detail::if_encodable(callback(std::move(text), detail::encode_variables(*std::move(variables))));
}

}  // namespace ossify

#endif
