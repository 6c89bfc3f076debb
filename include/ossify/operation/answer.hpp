#ifndef OSSIFY_OPERATION_ANSWER_HPP
#define OSSIFY_OPERATION_ANSWER_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/message.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Takes the quotes off an ETag.
inline std::string unquoted(std::string_view etag)
{
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        etag = etag.substr(1, etag.size() - 2);
    return std::string(etag);
}

namespace detail {

template<class Number>
std::optional<Number> number_in(std::string_view text)
{
    Number value{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || ec != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

inline errc errc_of_service_code(std::string_view code, unsigned status)
{
    static constexpr std::array<std::pair<std::string_view, errc>, 21> table{{
        {"AccessDenied", errc::access_denied},
        {"InvalidAccessKeyId", errc::invalid_access_key_id},
        {"SignatureDoesNotMatch", errc::signature_mismatch},
        {"InvalidSecurityToken", errc::invalid_security_token},
        {"SecurityTokenExpired", errc::invalid_security_token},
        {"AccessKeyIdAndSecurityTokenNotMatch", errc::invalid_security_token},
        {"RequestTimeTooSkewed", errc::clock_skewed},
        {"NoSuchBucket", errc::no_such_bucket},
        {"NoSuchKey", errc::no_such_key},
        {"NoSuchUpload", errc::no_such_upload},
        {"FileAlreadyExists", errc::object_exists},
        {"PreconditionFailed", errc::precondition_failed},
        {"InvalidDigest", errc::invalid_digest},
        {"InvalidPart", errc::invalid_part},
        {"InvalidPartOrder", errc::invalid_part},
        {"EntityTooSmall", errc::invalid_part},
        {"CallbackFailed", errc::callback_failed},
        {"InternalError", errc::service_internal},
        {"BadRequest", errc::service_internal},  // GO2 and PY2 retry it, like an internal error
        {"RequestTimeout", errc::service_internal},
        {"NotModified", errc::not_modified},
    }};
    for (auto const& [name, e] : table)
        if (name == code)
            return e;
    switch (status) {
    case 304: return errc::not_modified;
    case 404: return errc::no_such_key;
    case 412: return errc::precondition_failed;
    case 401: case 408: return errc::service_internal;
    case 429: case 503: return errc::throttled;
    default: return status >= 500 ? errc::service_internal : errc::service_error;
    }
}

inline std::string_view advice_for(errc e)
{
    switch (e) {
    case errc::signature_mismatch: return "check the access key secret, and for signature V4 the region";
    case errc::invalid_access_key_id: return "check the access key id, and that it belongs to this service";
    case errc::access_denied: return "check the policy of this access key, and the bucket's region and endpoint";
    case errc::no_such_bucket: return "check the bucket's name and that the endpoint is of its region";
    case errc::invalid_security_token: return "get a fresh token from STS";
    default: return {};
    }
}

}  // namespace detail

/// Reads an error answer. The service's words go to the diagnostics unparsed.
/// Source: OSS documentation, error responses; HEAD carries the same XML as Base64 in `x-oss-err`.
inline failure decode_error(std::string_view operation_name, http::response_head const& head, std::string_view body)
{
    std::string from_header;
    if (auto const packed = head.headers.find("x-oss-err"); body.empty() && packed) {
        if (auto unpacked = codec::base64_decode(*packed)) {
            from_header = *std::move(unpacked);
            body = from_header;
        }
    }
    diagnostics info;
    info.operation = operation_name;
    info.http_status = static_cast<int>(head.status);
    info.request_id = head.headers.get("x-oss-request-id");
    info.ec = head.headers.get("x-oss-ec");
    info.retry_after_ms = detail::number_in<unsigned>(head.headers.get("x-oss-qos-delay-time")).value_or(0);
    if (auto document = codec::xml_document::parse(body); document && document->root().name() == "Error") {
        auto const root = document->root();
        info.service_code = root.child("Code").text();
        info.service_message = root.child("Message").text();
        info.host_id = root.child("HostId").text();
        if (info.request_id.empty())
            info.request_id = root.child("RequestId").text();
        if (info.ec.empty())
            info.ec = root.child("EC").text();
    }
    errc const code = detail::errc_of_service_code(info.service_code, head.status);
    info.message = detail::advice_for(code);
    failure out(code);
    out.edit() = std::move(info);
    return out;
}

}  // namespace ossify

#endif
