#ifndef OSSIFY_CALLBACK_ENCODE_HPP
#define OSSIFY_CALLBACK_ENCODE_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/utf8.hpp>

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

/// Appends a member to an object that is not closed yet, opening it first. Names are checked: they need no escapes.
inline void append_member(std::string& object, std::string_view name, std::string_view value)
{
    object += object.empty() ? "{\"" : ",\"";
    object.append(name).append("\":");
    codec::append_json_string(object, value);
}

/// Builds what `x-oss-callback` carries. The parts are checked already, except for their length.
/// Errors: invalid_callback when the text is over the service's limit.
inline result<std::shared_ptr<encoded_parameters const>> encode_parameters(std::string_view urls, std::string_view host,
                                                                           std::string_view body,
                                                                           callback_body_type type,
                                                                           std::optional<bool> sni)
{
    auto encoded = std::make_shared<encoded_parameters>();
    std::string& out = encoded->json;
    out.reserve(160 + urls.size() + host.size() + 2 * body.size());
    append_member(out, "callbackUrl", urls);
    if (!host.empty())
        append_member(out, "callbackHost", host);
    append_member(out, "callbackBody", body);
    append_member(out, "callbackBodyType", to_string(type));
    if (sni)
        out += *sni ? ",\"callbackSNI\":true" : ",\"callbackSNI\":false";
    out += '}';
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
    auto encoded = std::make_shared<encoded_variables>();
    for (auto const& [name, value] : list) {
        if (codec::find_non_utf8(value) != std::string_view::npos)
            return failure(errc::invalid_callback,
                           "the value of " + name + " is no UTF-8; encode binary values, for example with Base64");
        append_member(encoded->json, name, value);
    }
    encoded->json += '}';
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
};

/// Errors: invalid_callback when the host is none, or the text is over the service's limit.
inline result<std::shared_ptr<encoded_parameters const>> encode_parameters(callback_text const& text)
{
    if (!text.host.empty())
        if (auto const fault = check_host(text.host))
            return to_failure(fault);
    auto const sni = text.sni || !text.wants_sni ? text.sni : std::optional(true);
    return encode_parameters(text.urls, text.host, text.body, text.type, sni);
}

/// Errors: those of its parts, of the variables first.
inline result<encoded_callback> encode_callback(result<std::shared_ptr<encoded_parameters const>> const& parameters,
                                                result<std::shared_ptr<encoded_variables const>> const& variables)
{
    if (!variables)
        return variables.error();
    if (!parameters)
        return parameters.error();
    return encoded_callback(*parameters, *variables);
}

}  // namespace ossify::detail

#endif
