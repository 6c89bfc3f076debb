#ifndef OSSIFY_CALLBACK_SERVICE_PARAMETERS_HPP
#define OSSIFY_CALLBACK_SERVICE_PARAMETERS_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/core/result.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// Why the service refuses callback parameters: elements of its answer 400 `InvalidArgument`.
/// Source: OSS documentation, "Callback" (400 errors) and the pages of the EC codes.
class parameter_refusal {
public:
    parameter_refusal() = default;
    parameter_refusal(std::string text, std::string code) : message(std::move(text)), ec(std::move(code)) {}

    friend bool operator==(parameter_refusal const&, parameter_refusal const&) = default;

    std::string message;
    std::string ec;  ///< empty where none is documented
    std::string argument_name = "callback";
    std::string argument_value;
};

template<class T>
using callback_parse_result = boost::system::result<T, parameter_refusal>;

/// Found by argument-dependent lookup from `callback_parse_result<T>::value()`.
[[noreturn]] inline void throw_exception_from_error(parameter_refusal const& r, boost::source_location const&)
{
    throw error(failure(errc::invalid_callback, r.message));
}

/// Callback parameters as the service understands them.
class service_callback {
public:
    service_callback() = default;

    std::vector<std::string> urls;  ///< one to five, in the order to try them; a missing scheme is added
    std::string host;               ///< the Host header; empty: that of the URL
    std::string body;               ///< the template
    callback_body_type body_type = callback_body_type::form;
    bool sni = false;
    std::vector<callback_variable> variables;  ///< with their prefix `x:`
};

namespace detail {

/// Reads the parameters step by step; every step knows the refusal that belongs to it.
class service_parameter_reader {
public:
    callback_parse_result<service_callback> read(std::string_view callback, std::string_view callback_var)
    {
        if (lengths(callback, callback_var) && decode(callback) && urls() && host() && body() && body_type() && sni() &&
            variables(callback_var) && body_template())
            return std::move(out_);
        return refusal_;
    }

private:
    bool refuse(char const* message, char const* ec, std::string_view value, char const* name = "callback")
    {
        refusal_ = parameter_refusal(message, ec);
        refusal_.argument_name = name;
        refusal_.argument_value = value;
        return false;
    }
    bool refuse(char const* message, char const* ec = "") { return refuse(message, ec, text_); }

    bool lengths(std::string_view callback, std::string_view callback_var)
    {
        if (callback.size() > callback_base64_limit)
            return refuse("The length of callback exceed max value.", "", callback);
        if (callback_var.size() > callback_base64_limit)
            return refuse("The length of callback var exceed max value.", "", callback_var, "callback-var");
        return true;
    }

    bool decode(std::string_view callback)
    {
        auto decoded = codec::base64_decode(callback);
        if (!decoded)
            return refuse("The callback configuration is not base64 encoded.", "0007-00000002", callback);
        text_ = *std::move(decoded);
        auto parsed = codec::parse_json(text_);
        if (!parsed || !parsed->is_object())
            return refuse("The callback configuration is not json format.", "0007-00000003");
        json_ = std::move(parsed->get_object());
        return true;
    }

    bool urls()
    {
        constexpr char const* invalid = "The callback url configuration is invalid.";
        auto const* value = json_.if_contains("callbackUrl");
        if (value == nullptr || !value->is_string())
            return refuse(invalid, "0007-00000004");
        std::string_view const text(value->get_string());
        auto const checked = check_urls(text);
        if (checked.fault.kind == callback_fault::too_many_urls)
            return refuse("The number of callback url exceed max value.", "0007-00000005");
        if (checked.fault)
            return refuse(invalid, "0007-00000004");
        for (std::size_t at = 0; at <= text.size();) {
            auto const url = text.substr(at, text.find(';', at) - at);
            bool const has_scheme = url.find("://") < url.find_first_of("/?");
            out_.urls.push_back((has_scheme ? "" : "http://") + std::string(url));
            at += url.size() + 1;
        }
        return true;
    }

    bool host()
    {
        auto const* value = json_.if_contains("callbackHost");
        if (value == nullptr)
            return true;
        if (!value->is_string())
            return refuse("The callback host configuration is invalid.", "0007-00000009");
        out_.host = std::string_view(value->get_string());
        return true;
    }

    bool body()
    {
        auto const* value = json_.if_contains("callbackBody");
        if (value != nullptr && !value->is_string())
            return refuse("The callback body is invalid.", "0007-00000010");
        if (value == nullptr || value->get_string().empty())
            return refuse("The callback body is empty.", "0007-00000011");
        out_.body = std::string_view(value->get_string());
        return true;
    }

    bool body_type()
    {
        auto const* value = json_.if_contains("callbackBodyType");
        if (value == nullptr)
            return true;
        if (!value->is_string())
            return refuse("The callback body type configuration is invalid.", "0007-00000012");
        std::string_view const type(value->get_string());
        if (type == to_string(callback_body_type::json))
            out_.body_type = callback_body_type::json;
        else if (type != to_string(callback_body_type::form))
            return refuse("The body type of callback is not supported.");
        return true;
    }

    bool sni()
    {
        auto const* value = json_.if_contains("callbackSNI");
        if (value == nullptr)
            return true;
        if (!value->is_bool())
            return refuse("The callback sni is invalid.");
        out_.sni = value->get_bool();
        return true;
    }

    bool variables(std::string_view callback_var)
    {
        if (callback_var.empty())
            return true;
        auto const decoded = codec::base64_decode(callback_var);
        if (!decoded)
            return refuse("The callback configuration is not base64 encoded.", "0007-00000002", callback_var,
                          "callback-var");
        constexpr char const* unexpected = "The callback var is not expecten json.";  // spelling as the service's
        auto const parsed = codec::parse_json(*decoded);
        if (!parsed)
            return refuse(unexpected, "0007-00000103", *decoded, "callback-var");
        if (!parsed->is_object())
            return refuse(unexpected, "0007-00000105", *decoded, "callback-var");
        for (auto const& member : parsed->get_object()) {
            std::string_view const name(member.key());
            bool const lower_case = std::ranges::none_of(name, [](char c) { return ascii::to_lower(c) != c; });
            if (!member.value().is_string() || !name.starts_with("x:") || name.size() == 2 || !lower_case)
                return refuse(unexpected, "0007-00000105", *decoded, "callback-var");
            out_.variables.emplace_back(name, std::string_view(member.value().get_string()));
        }
        return true;
    }

    bool body_template()
    {
        template_reader reader(out_.body);
        template_piece piece;
        while (reader.next(piece)) {}
        return !reader.fault() ||
               refuse("Left brace must be adjacent to dollar sign.", "0007-00000105", out_.body, "ReplaceKeyPrefix");
    }

    std::string text_;
    json::object json_;
    service_callback out_;
    parameter_refusal refusal_;
};

}  // namespace detail

/// Reads the values of `x-oss-callback` and `x-oss-callback-var` (empty when absent) the way the service does, with
/// its messages. That not both header and query carry them, and where the hosts are, is not looked at here.
/// Thread safety: stateless. Source: OSS documentation, "Callback". The order of the checks is inferred.
inline callback_parse_result<service_callback> parse_callback_parameters(std::string_view callback,
                                                                         std::string_view callback_var = {})
{
    return detail::service_parameter_reader().read(callback, callback_var);
}

}  // namespace ossify

#endif
