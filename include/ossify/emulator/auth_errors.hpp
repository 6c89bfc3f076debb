#ifndef OSSIFY_EMULATOR_AUTH_ERRORS_HPP
#define OSSIFY_EMULATOR_AUTH_ERRORS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/emulator/service_error.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

/// The service's errors about who sent a request.
/// Source: OSS documentation, "HTTP status code 400", "HTTP status code 403" and the pages of the finer codes (EC).
/// Where they give no text or no code, ours is marked.
namespace ossify::emulation::errors {

inline constexpr std::chrono::minutes allowed_skew{15};

/// A time span as a person says it: "5 s", "20 min", "3 h", "2 days".
inline std::string rough_time(std::chrono::seconds span)
{
    auto const n = std::chrono::abs(span).count();
    if (n < 120)
        return std::to_string(n) + " s";
    if (n < 7200)
        return std::to_string(n / 60) + " min";
    if (n < 48 * 3600)
        return std::to_string(n / 3600) + " h";
    return std::to_string(n / (24 * 3600)) + " days";
}

/// `canonical_request` is empty for version 1.
inline service_error signature_mismatch(std::string_view id, std::string_view provided, std::string string_to_sign,
                                        std::string canonical_request = {})
{
    std::string bytes;
    bytes.reserve(3 * string_to_sign.size());
    for (std::size_t i = 0; i != string_to_sign.size(); ++i)
        bytes.append(i == 0 ? "" : " ").append(codec::hex_encode_upper(std::string_view(string_to_sign).substr(i, 1)));
    bool const v4 = !canonical_request.empty();
    service_error out = service_error(403, "SignatureDoesNotMatch",
                                      "The request signature we calculated does not match the signature you provided. "
                                      "Check your key and signing method.",
                                      v4 ? "0002-00000201" : "0002-00000040")
                            .with("OSSAccessKeyId", std::string(id))
                            .with("SignatureProvided", std::string(provided))
                            .with("StringToSign", std::move(string_to_sign))
                            .with("StringToSignBytes", std::move(bytes));
    return v4 ? std::move(out).with("CanonicalRequest", std::move(canonical_request)) : out;
}

inline service_error unknown_access_key(std::string_view id)
{
    return service_error(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.",
                         "0002-00000902")
        .with("OSSAccessKeyId", std::string(id));
}

inline service_error invalid_date()
{
    return service_error(403, "AccessDenied", "OSS authentication requires a valid Date.", "0002-00000503");
}

inline service_error time_too_skewed(codec::wall_time sent, codec::wall_time now)
{
    return service_error(403, "RequestTimeTooSkewed",
                         "The difference between the request time and the current time is too large.", "0002-00000504")
        .with("MaxAllowedSkewMilliseconds",
              std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(allowed_skew).count()))
        .with("RequestTime", codec::iso_extended_ms(sent))
        .with("ServerTime", codec::iso_extended_ms(now))
        .because("the client's clock is " + rough_time(now - sent) + (sent < now ? " behind" : " ahead"));
}

inline service_error url_expired(codec::wall_time expired, codec::wall_time now, std::string ec)
{
    return service_error(403, "AccessDenied", "Request has expired.", std::move(ec))
        .with("Expires", codec::iso_extended_ms(expired))
        .with("ServerTime", codec::iso_extended_ms(now))
        .because("the URL expired " + rough_time(now - expired) + " ago");
}

/// The header is named with its value, as the service does; it holds a signature, never a secret.
inline service_error invalid_authorization(std::string_view value, std::string message, std::string ec = {})
{
    return service_error(400, "InvalidArgument", std::move(message), std::move(ec))
        .with("ArgumentName", "Authorization")
        .with("ArgumentValue", std::string(value));
}

inline service_error invalid_query_item(std::string_view name, std::string_view value, std::string message,
                                        std::string ec)
{
    return service_error(400, "InvalidArgument", std::move(message), std::move(ec))
        .with("ArgumentName", std::string(name))
        .with("ArgumentValue", std::string(value));
}

inline service_error two_signatures()  // our text
{
    return service_error(400, "InvalidArgument",
                         "The Authorization header and a signature in the query string can not be used together.");
}

inline service_error two_security_tokens()  // our text
{
    return service_error(400, "InvalidArgument",
                         "The security token can not be specified both in the header and in the query string.",
                         "0002-00000010");
}

inline service_error malformed_query()  // our text
{
    return service_error(400, "InvalidArgument", "The query string is not well-formed.");
}

inline service_error url_without_v1_parameters(std::string ec)
{
    return service_error(403, "AccessDenied",
                         "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters",
                         std::move(ec));
}

inline service_error url_without_security_token()
{
    return service_error(400, "InvalidRequest", "Security-token must be provided by query string parameter.");
}

inline service_error invalid_security_token()
{
    return service_error(403, "InvalidSecurityToken", "The security token you provided is invalid.", "0002-00000008");
}

inline service_error security_token_expired()
{
    return service_error(403, "SecurityTokenExpired", "The security token you provided has expired.");
}

inline service_error security_token_of_other_key()
{
    return service_error(403, "AccessKeyIdAndSecurityTokenNotMatch",
                         "The security token you provided does not match the access key id.", "0002-00000004");
}

inline service_error policy_denies(std::string why)
{
    return service_error(403, "AccessDenied", "Invalid according to Policy: " + std::move(why));
}

inline service_error invalid_policy(std::string why)
{
    return service_error(400, "InvalidPolicyDocument", "Invalid Policy: " + std::move(why));
}

inline service_error form_field_missing(std::string message)
{
    return service_error(400, "InvalidArgument", std::move(message));
}

inline service_error form_file_too_small()
{
    return service_error(400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.");
}

inline service_error form_file_too_large()
{
    return service_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
}

}  // namespace ossify::emulation::errors

#endif
