#ifndef OSSIFY_EMULATOR_POST_POLICY_HPP
#define OSSIFY_EMULATOR_POST_POLICY_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/emulator/auth_errors.hpp>
#include <ossify/emulator/key_store.hpp>
#include <ossify/emulator/service_error.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What a form that was accepted may do.
class form_permission {
public:
    /// Without a policy: anonymous, any length.
    form_permission() = default;
    explicit form_permission(identity sender) : who(std::move(sender)) {}

    /// Checks the length of the file against the policy. With `so_far`, more bytes may follow: only the maximum counts.
    std::optional<service_error> check_bytes(std::uint64_t bytes, bool so_far = false) const
    {
        if (bytes > max_bytes)
            return errors::form_file_too_large();
        if (!so_far && bytes < min_bytes)
            return errors::form_file_too_small();
        return std::nullopt;
    }

    identity who;
    std::uint64_t min_bytes = 0;
    std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
};

namespace detail {

/// The first field of this name; names compare regardless of case. Source: OSS documentation, PostObject.
inline std::optional<std::string_view> form_value(codec::form_fields const& fields, std::string_view name)
{
    for (auto const& field : fields)
        if (http::iequals(field.first, name))
            return field.second;
    return std::nullopt;
}

inline std::string_view text_of(json::value const& value)
{
    return {value.get_string().data(), value.get_string().size()};
}

/// A policy's text as JSON: the escape `\$`, which policies have besides those of JSON, becomes a dollar sign.
inline std::string without_dollar_escapes(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i) {
        if (text[i] == '\\' && i + 1 != text.size()) {
            if (text[i + 1] != '$')
                out += text[i];
            ++i;
        }
        out += text[i];
    }
    return out;
}

/// One condition of a policy, applied to a form.
class policy_condition {
public:
    policy_condition(codec::form_fields const& fields, std::string_view bucket, form_permission& permission)
        : fields_(fields), bucket_(bucket), permission_(permission)
    {
    }

    std::optional<service_error> apply(json::value const& condition) const
    {
        if (condition.is_object()) {
            json::object const& pair = condition.get_object();
            if (pair.size() != 1)
                return errors::invalid_policy("Invalid Simple-Condition: Simple-Conditions must have exactly one "
                                              "property specified.");
            json::string_view const key = pair.begin()->key();
            json::value const& value = pair.begin()->value();
            if (!value.is_string())
                return errors::invalid_policy("Invalid Simple-Condition: the value must be a string.");
            std::string name = "$";
            name.append(key.data(), key.size());
            return match("eq", name, value, json::array{"eq", name, value});
        }
        if (!condition.is_array())
            return errors::invalid_policy("Invalid Condition: a condition must be a map or a list.");
        json::array const& list = condition.get_array();
        if (list.size() != 3 || !list[0].is_string())
            return errors::invalid_policy("Invalid Condition: a list must have an operator and two operands.");
        std::string_view const name = text_of(list[0]);
        if (name == "content-length-range")
            return limit(list[1], list[2]);
        if (!list[1].is_string() || !text_of(list[1]).starts_with('$'))
            return errors::invalid_policy("Invalid Condition: the name of a field must begin with $.");
        return match(name, text_of(list[1]), list[2], list);
    }

private:
    std::optional<service_error> limit(json::value const& least, json::value const& most) const
    {
        auto const number = [](json::value const& value) -> std::optional<std::uint64_t> {
            if (value.is_uint64())
                return value.get_uint64();
            if (value.is_int64() && value.get_int64() >= 0)
                return static_cast<std::uint64_t>(value.get_int64());
            return std::nullopt;
        };
        auto const from = number(least), to = number(most);
        if (!from || !to || *from > *to)
            return errors::invalid_policy("Invalid Condition: content-length-range needs a minimum and a maximum.");
        permission_.min_bytes = std::max(permission_.min_bytes, *from);
        permission_.max_bytes = std::min(permission_.max_bytes, *to);
        return std::nullopt;
    }

    std::optional<service_error> match(std::string_view how, std::string_view dollar_name, json::value const& operand,
                                       json::array const& shown) const
    {
        std::string_view const name = dollar_name.substr(1);
        auto const value = http::iequals(name, "bucket") ? bucket_ : form_value(fields_, name);
        bool holds = false;
        if (how == "in" || how == "not-in") {
            if (!operand.is_array() || !std::all_of(operand.get_array().begin(), operand.get_array().end(),
                                                    [](json::value const& v) { return v.is_string(); }))
                return errors::invalid_policy("Invalid Condition: in and not-in need a list of strings.");
            bool const listed = value && std::any_of(operand.get_array().begin(), operand.get_array().end(),
                                                     [&](json::value const& v) { return *value == text_of(v); });
            holds = how == "in" ? listed : !listed;
        } else if (how == "eq" || how == "starts-with") {
            if (!operand.is_string())
                return errors::invalid_policy("Invalid Condition: eq and starts-with need a string.");
            std::string_view const wanted = text_of(operand);
            holds = value && (how == "eq" ? *value == wanted : value->starts_with(wanted));
        } else {
            return errors::invalid_policy("Invalid Condition: unknown operator " + std::string(how) + ".");
        }
        if (holds)
            return std::nullopt;
        std::string text = "[";
        for (json::value const& element : shown)
            text.append(text.size() == 1 ? "" : ", ").append(codec::to_json_text(element));
        std::string message = "Policy Condition failed: " + text + "]";
        std::string why = "Policy Condition failed: " + std::string(dollar_name);
        if (!http::iequals(name, "x-oss-security-token"))  // neither what it is nor what it should be is for a log
            why = message + (value ? ", but the form says \"" + std::string(*value) + "\""
                                   : std::string(", but the form has no such field"));
        return errors::policy_denies(std::move(message)).because(std::move(why));
    }

    codec::form_fields const& fields_;
    std::optional<std::string_view> bucket_;
    form_permission& permission_;
};

}  // namespace detail

/// Applies a policy whose signature is verified to the fields of its form, those before the file.
/// Returns: what the form may do, or the service's error. Fields that no condition names are accepted.
/// Thread safety: stateless. Source: OSS documentation, PostObject, "Appendix: Policy".
inline service_result<form_permission> check_policy(std::string_view policy_base64, codec::form_fields const& fields,
                                                    std::string_view bucket, codec::wall_time now, identity who)
{
    auto const text = codec::base64_decode(policy_base64);
    if (!text)
        return errors::invalid_policy("Invalid Base64: " + text.error().message() + ".");
    auto const document = codec::parse_json(detail::without_dollar_escapes(*text));
    if (!document)
        return errors::invalid_policy("Invalid JSON: " + document.error().message() + ".");
    if (!document->is_object())
        return errors::invalid_policy("Invalid JSON: { expected.");
    json::object const& policy = document->get_object();
    json::value const* const expiration = policy.if_contains("expiration");
    if (expiration == nullptr || !expiration->is_string())
        return errors::invalid_policy("The expiration is missing.");
    auto const until = codec::parse_iso_extended(detail::text_of(*expiration));
    if (!until)
        return errors::invalid_policy("The expiration is no date in the form of ISO 8601.");
    json::value const* const conditions = policy.if_contains("conditions");
    if (conditions == nullptr || !conditions->is_array() || conditions->get_array().empty())
        return errors::invalid_policy("Invalid Simple-Condition: Simple-Conditions must have exactly one property "
                                      "specified.");
    if (now > *until)
        return errors::policy_denies("Policy expired.")
            .because("the policy expired " + errors::rough_time(now - *until) + " ago");

    form_permission permission(std::move(who));
    detail::policy_condition const check(fields, bucket, permission);
    for (json::value const& condition : conditions->get_array())
        if (auto wrong = check.apply(condition))
            return *std::move(wrong);
    return permission;
}

}  // namespace ossify::emulation

#endif
