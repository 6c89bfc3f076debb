#ifndef OSSIFY_CALLBACK_ENCODE_HPP
#define OSSIFY_CALLBACK_ENCODE_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::detail {

inline failure too_long(callback_fault kind, std::size_t json_bytes)
{
    return failure(errc::invalid_callback,
                   std::string(to_sentence(kind)) + "; these are " + std::to_string(json_bytes) + " bytes");
}

/// Builds what `x-oss-callback` carries. The parts are checked already, except for their length.
/// Errors: invalid_callback when the text is over the service's limit.
inline result<std::shared_ptr<encoded_parameters const>> encode_parameters(std::string_view urls, std::string_view host,
                                                                           std::string_view body,
                                                                           callback_body_type type,
                                                                           std::optional<bool> sni)
{
    auto const text = [](std::string_view view) { return json::string_view(view.data(), view.size()); };
    json::object parameters;
    parameters["callbackUrl"] = text(urls);
    if (!host.empty())
        parameters["callbackHost"] = text(host);
    parameters["callbackBody"] = text(body);
    parameters["callbackBodyType"] = text(to_string(type));
    if (sni)
        parameters["callbackSNI"] = *sni;

    auto encoded = std::make_shared<encoded_parameters>();
    encoded->json = codec::to_json_text(std::move(parameters));
    if (encoded->json.size() > longest_json)
        return too_long(callback_fault::parameters_too_long, encoded->json.size());
    encoded->base64 = codec::base64_encode(encoded->json);
    return std::shared_ptr<encoded_parameters const>(std::move(encoded));
}

/// Builds what `x-oss-callback-var` carries; null when there are no variables. The names have their prefix.
/// Errors: invalid_callback when the text is over the service's limit or a value is no UTF-8.
inline result<std::shared_ptr<encoded_variables const>> encode_variables(std::vector<callback_variable> list)
{
    if (list.empty())
        return std::shared_ptr<encoded_variables const>();
    json::object variables;
    for (auto const& [name, value] : list) {
        if (find_non_utf8(value) != std::string_view::npos)
            return failure(errc::invalid_callback,
                           "the value of " + name + " is no UTF-8; encode binary values, for example with Base64");
        variables[name] = value;
    }
    auto encoded = std::make_shared<encoded_variables>();
    encoded->json = codec::to_json_text(std::move(variables));
    if (encoded->json.size() > longest_json)
        return too_long(callback_fault::variables_too_long, encoded->json.size());
    encoded->base64 = codec::base64_encode(encoded->json);
    encoded->list = std::move(list);
    return std::shared_ptr<encoded_variables const>(std::move(encoded));
}

/// Callback parameters whose URLs and body are checked, ready to be encoded.
struct callback_text {
    std::string urls;
    bool wants_sni = false;  ///< what the URLs ask for
    std::string host;        ///< empty: that of the URL
    std::string body;
    callback_body_type type = callback_body_type::form;
    std::optional<bool> sni;  ///< what the caller asks for
    result<std::shared_ptr<encoded_variables const>> variables;
};

/// Errors: invalid_callback when the variables failed, the host is none, or the text is over the service's limit.
inline result<encoded_callback> encode_callback(callback_text const& text)
{
    if (!text.variables)
        return text.variables.error();
    if (!text.host.empty())
        if (auto const fault = check_host(text.host))
            return to_failure(fault);
    auto const sni = text.sni || !text.wants_sni ? text.sni : std::optional(true);
    auto parameters = encode_parameters(text.urls, text.host, text.body, text.type, sni);
    if (!parameters)
        return parameters.error();
    return encoded_callback(std::move(*parameters), *text.variables);
}

}  // namespace ossify::detail

#endif
