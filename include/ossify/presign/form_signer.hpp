#ifndef OSSIFY_PRESIGN_FORM_SIGNER_HPP
#define OSSIFY_PRESIGN_FORM_SIGNER_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/names.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/syntax.hpp>
#include <ossify/operation/part.hpp>
#include <ossify/presign/form_request.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// A form that a browser can post straight to the service. Whoever has it can use it until it expires.
/// Thread safety: a value.
class signed_form {
public:
    signed_form() = default;

    std::string action;  ///< the URL; the form is sent as multipart/form-data
    /// Name and value in the order to send them. The file follows as the last field, named `file`.
    std::vector<std::pair<std::string, std::string>> fields;
    /// Names of fields that the policy asks for and the sender adds before the file.
    std::vector<std::string> to_fill;
    codec::wall_time expires{};
};

/// Signs POST policies for browser forms. No I/O.
/// Thread safety: `sign` may be called from different threads.
class form_signer {
public:
    /// `service` is the endpoint that the browsers reach.
    form_signer(endpoint service, request_signer signer) : endpoint_(std::move(service)), signer_(std::move(signer)) {}

    /// Makes policy, signature and fields.
    /// Errors: `invalid_argument` for a bad bucket, key, field, length range or time, or when nothing is said about the
    /// key; `missing_credentials`; those of the callback.
    /// Source: OSS documentation, PostObject; "POST V4 signature".
    result<signed_form> sign(form_request const& request, credentials const& who, codec::wall_time now) const;

    /// The signature of a policy in Base64. `date` has the form YYYYMMDD; version 1 does not use it.
    std::string signature_of(std::string_view policy_base64, credentials const& who, std::string_view date) const
    {
        return signer_.version() == signature_version::v1
                   ? v1_signature(who.access_key_secret(), policy_base64)
                   : signer_.keys().get(who, date, signer_.scope()).sign(policy_base64);
    }

private:
    static result<void> check(form_request const& request, credentials const& who);
    void sign_into(signed_form& form, json::array const& conditions, credentials const& who,
                   std::string_view timestamp) const;

    endpoint endpoint_;
    request_signer signer_;
};

inline result<void> form_signer::check(form_request const& request, credentials const& who)
{
    if (request.refused_)
        return *request.refused_;
    if (who.anonymous())
        return failure(errc::missing_credentials, "a form cannot be signed without an access key");
    if (auto ok = check_bucket_name(request.bucket_); !ok)
        return std::move(ok).error();
    if (request.key_rule_ == form_request::key_rule::unset)
        return failure(errc::invalid_argument, "say which objects the form may write: key, key_prefix or any_key");
    if (request.key_rule_ == form_request::key_rule::exact ||
        (request.key_rule_ == form_request::key_rule::prefix && !request.key_.empty()))
        if (auto ok = check_object_key(request.key_); !ok)
            return std::move(ok).error();
    if (request.key_.find("${filename}") != std::string::npos)  // the service sees the policy first, then replaces it
        return failure(errc::invalid_argument,
                       "the key holds ${filename}, for which the sender could choose any text; key_prefix appends it");
    for (auto const& [name, value] : request.fields_)
        if (!http::is_valid_value(value))
            return failure(errc::invalid_argument, "the field " + name + " holds a control character");
    if (request.max_bytes_.value_or(0) > max_put_bytes)
        return failure(errc::invalid_argument, "a form uploads 5 GiB at most");
    if (request.min_bytes_.value_or(0) > request.max_bytes_.value_or(max_put_bytes))
        return failure(errc::invalid_argument, "the least length of the file is above the greatest");
    if (request.expires_in_ < std::chrono::seconds(1) || request.expires_in_ > std::chrono::years(100))
        return failure(errc::invalid_argument, "a form must be valid for at least one second and 100 years at most");
    return {};
}

inline result<signed_form> form_signer::sign(form_request const& request, credentials const& who,
                                             codec::wall_time now) const
{
    if (auto ok = check(request, who); !ok)
        return std::move(ok).error().in("PostObject");
    bool const v4 = signer_.version() == signature_version::v4;
    std::string const timestamp = codec::iso_basic(now);

    signed_form out;
    out.action = endpoint_.url_for(request.bucket_, {});
    out.expires = now + request.expires_in_;
    out.to_fill = request.to_fill_;

    json::array conditions{json::object{{"bucket", request.bucket_}}};
    auto const fix = [&](std::string_view name, std::string value) {
        conditions.push_back(json::object{{json::string_view(name.data(), name.size()), value}});
        out.fields.emplace_back(name, std::move(value));
    };
    bool const exact = request.key_rule_ == form_request::key_rule::exact;
    out.fields.emplace_back("key", exact ? request.key_ : request.key_ + "${filename}");
    if (v4) {
        fix("x-oss-signature-version", std::string(canonical::v4_algorithm));
        fix("x-oss-credential",
            std::string(who.access_key_id()) + '/' + signer_.scope().text(std::string_view(timestamp).substr(0, 8)));
        fix("x-oss-date", timestamp);
    } else {
        out.fields.emplace_back("OSSAccessKeyId", who.access_key_id());
    }
    if (!who.security_token().empty())
        fix("x-oss-security-token", std::string(who.security_token().reveal()));
    if (request.min_bytes_ || request.max_bytes_)
        conditions.push_back(json::array{"content-length-range", request.min_bytes_.value_or(0),
                                         request.max_bytes_.value_or(max_put_bytes)});
    if (exact)
        conditions.push_back(json::object{{"key", request.key_}});
    else if (request.key_rule_ == form_request::key_rule::prefix)
        conditions.push_back(json::array{"starts-with", "$key", request.key_});
    conditions.insert(conditions.end(), request.conditions_.begin(), request.conditions_.end());
    out.fields.insert(out.fields.end(), request.fields_.begin(), request.fields_.end());
    if (!request.callback_.empty()) {
        fix("callback", std::string(request.callback_.callback_base64()));
        for (callback_variable const& variable : request.callback_.variables())
            fix(variable.first, variable.second);
    }
    sign_into(out, conditions, who, timestamp);
    return out;
}

inline void form_signer::sign_into(signed_form& form, json::array const& conditions, credentials const& who,
                                   std::string_view timestamp) const
{
    json::object const policy{{"expiration", codec::iso_extended_ms(form.expires)}, {"conditions", conditions}};
    std::string text = codec::base64_encode(codec::to_json_text(policy));
    std::string signature = signature_of(text, who, timestamp.substr(0, 8));
    form.fields.emplace_back("policy", std::move(text));
    form.fields.emplace_back(signer_.version() == signature_version::v4 ? "x-oss-signature" : "Signature",
                             std::move(signature));
}

}  // namespace ossify

#endif
