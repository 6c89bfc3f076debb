#ifndef OSSIFY_CORE_ERROR_HPP
#define OSSIFY_CORE_ERROR_HPP

#include <string>
#include <system_error>

namespace ossify {

/// What happened. Compare with a `condition` to decide what to do about it.
enum class errc {
    // the request was refused here, before anything was sent
    invalid_argument = 1,  ///< a bucket, key, header, option or address that cannot be sent
    invalid_callback,      ///< callback parameters that the service would refuse or that cannot be rendered
    invalid_config,        ///< a client, server or emulator that cannot work as configured
    missing_credentials,   ///< no access key was configured, or its source failed
    not_supported,         ///< a combination that the service does not offer

    // text that could not be read
    malformed_http,       ///< not HTTP/1.1, or ambiguous in a way that enables request smuggling
    header_too_large,     ///< more header bytes than the configured limit
    body_too_large,       ///< more body bytes than the configured limit
    truncated,            ///< the peer closed before the message was complete
    malformed_url,        ///< not a URL that this place accepts
    malformed_json,       ///< not JSON, or not of the expected shape
    malformed_xml,        ///< not XML, or not of the expected shape
    malformed_base64,     ///< not Base64
    malformed_date,       ///< not a date in the expected form
    malformed_key,        ///< not a key in PEM form, or of another kind
    malformed_form,       ///< not a form body, or an escape that is cut short
    malformed_callback,   ///< a callback body that does not fit the struct it is decoded into

    // time
    connect_timeout,    ///< resolving and connecting took longer than allowed
    tls_timeout,        ///< the TLS handshake took longer than allowed
    stall_timeout,      ///< no byte moved for longer than allowed
    operation_timeout,  ///< the whole operation took longer than allowed
    cancelled,          ///< the caller cancelled the operation

    // connection
    host_not_found,           ///< the host name does not resolve
    connection_failed,        ///< no connection could be made
    connection_closed,        ///< the peer closed or reset the connection
    tls_failed,               ///< the TLS handshake or a record failed
    certificate_untrusted,    ///< the chain ends at no trusted authority
    certificate_wrong_host,   ///< the certificate belongs to another host
    certificate_expired,      ///< the certificate is expired or not yet valid

    // the service answered with an error
    service_error,             ///< any service code without an enumerator of its own; see `failure::service_code()`
    access_denied,             ///< AccessDenied
    invalid_access_key_id,     ///< InvalidAccessKeyId
    signature_mismatch,        ///< SignatureDoesNotMatch
    invalid_security_token,    ///< InvalidSecurityToken, SecurityTokenExpired, AccessKeyIdAndSecurityTokenNotMatch
    clock_skewed,              ///< RequestTimeTooSkewed
    no_such_bucket,            ///< NoSuchBucket
    no_such_key,               ///< NoSuchKey, or 404 to a HEAD request
    no_such_upload,            ///< NoSuchUpload
    object_exists,             ///< FileAlreadyExists: overwriting was forbidden
    precondition_failed,       ///< PreconditionFailed
    not_modified,              ///< 304
    invalid_digest,            ///< InvalidDigest: the body arrived changed
    invalid_part,              ///< InvalidPart, InvalidPartOrder, EntityTooSmall on completion
    throttled,                 ///< 503 and its kin
    service_internal,          ///< InternalError, BadRequest, RequestTimeout, 401, 408 and other 5xx: sent again
    bad_answer,                ///< an answer that does not fit the request

    // integrity
    crc_mismatch,      ///< the CRC-64 of what was sent differs from the service's
    source_changed,    ///< the source changed its size or identity during the upload
    source_failed,     ///< the source could not be read
    callback_failed,   ///< the object is stored, but its callback failed
    outcome_unknown,   ///< the answer was lost or not waited for, and asking for the object settled nothing
    checkpoint_failed, ///< a checkpoint could not be read, written or removed, or is somebody's other file

    // receiver
    callback_unverified,  ///< the callback's signature, or its key URL, is not acceptable
    key_unavailable,      ///< the callback's public key could not be had
    callback_replayed,    ///< the replay guard has seen the callback before

    // emulator
    store_failed,         ///< what it keeps could not be read or written
};

/// What to do about it.
enum class condition {
    usage = 1,        ///< change the request or the configuration; nothing was sent
    timeout,          ///< a deadline passed
    cancelled,        ///< the caller cancelled
    network,          ///< the connection failed; trying again can help
    untrusted_peer,   ///< the peer's certificate is not acceptable; trying again cannot help
    auth_failed,      ///< the credentials, their signature or their rights were refused
    not_found,        ///< bucket, object or upload does not exist
    conflict,         ///< the object's present state forbids the request
    throttled,        ///< slow down and try again
    retryable,        ///< the same request may succeed when sent again
    integrity,        ///< the bytes are not what they should be
    callback_failed,  ///< the object is stored, its callback failed
    unknown_outcome,  ///< the object may or may not be stored
};

/// The category of `errc`. Thread safety: stateless.
std::error_category const& error_category() noexcept;
/// The category of `condition`. Thread safety: stateless.
std::error_category const& condition_category() noexcept;

inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), error_category()}; }
inline std::error_condition make_error_condition(condition c) noexcept
{
    return {static_cast<int>(c), condition_category()};
}

namespace detail {

inline char const* text_of(errc e) noexcept
{
    switch (e) {
    case errc::invalid_argument: return "an argument cannot be used as it is";
    case errc::invalid_callback: return "the callback parameters cannot be used as they are";
    case errc::invalid_config: return "the configuration cannot work";
    case errc::missing_credentials: return "no credentials";
    case errc::not_supported: return "not supported";
    case errc::malformed_http: return "malformed HTTP message";
    case errc::header_too_large: return "HTTP header too large";
    case errc::body_too_large: return "body too large";
    case errc::truncated: return "the peer closed before the message was complete";
    case errc::malformed_url: return "malformed URL";
    case errc::malformed_json: return "malformed JSON";
    case errc::malformed_xml: return "malformed XML";
    case errc::malformed_base64: return "malformed Base64";
    case errc::malformed_date: return "malformed date";
    case errc::malformed_key: return "malformed key";
    case errc::malformed_form: return "malformed form";
    case errc::malformed_callback: return "the callback body does not fit its struct";
    case errc::connect_timeout: return "connecting took too long";
    case errc::tls_timeout: return "the TLS handshake took too long";
    case errc::stall_timeout: return "no byte moved for too long";
    case errc::operation_timeout: return "the operation took too long";
    case errc::cancelled: return "cancelled";
    case errc::host_not_found: return "the host name does not resolve";
    case errc::connection_failed: return "no connection";
    case errc::connection_closed: return "the connection was closed";
    case errc::tls_failed: return "TLS failed";
    case errc::certificate_untrusted: return "the server's certificate is not trusted";
    case errc::certificate_wrong_host: return "the server's certificate belongs to another host";
    case errc::certificate_expired: return "the server's certificate is expired or not yet valid";
    case errc::service_error: return "the service refused the request";
    case errc::access_denied: return "access denied";
    case errc::invalid_access_key_id: return "unknown access key id";
    case errc::signature_mismatch: return "the signature does not match";
    case errc::invalid_security_token: return "the security token is not valid";
    case errc::clock_skewed: return "the clock differs too much from the service's";
    case errc::no_such_bucket: return "no such bucket";
    case errc::no_such_key: return "no such object";
    case errc::no_such_upload: return "no such multipart upload";
    case errc::object_exists: return "the object exists and must not be overwritten";
    case errc::precondition_failed: return "precondition failed";
    case errc::not_modified: return "not modified";
    case errc::invalid_digest: return "the body arrived changed";
    case errc::invalid_part: return "the list of parts was refused";
    case errc::throttled: return "throttled";
    case errc::service_internal: return "internal error of the service";
    case errc::bad_answer: return "the answer does not fit the request";
    case errc::crc_mismatch: return "the CRC-64 of the stored bytes differs from that of the bytes sent";
    case errc::source_changed: return "the source changed during the upload";
    case errc::source_failed: return "the source could not be read";
    case errc::callback_failed: return "the object is stored, but its callback failed";
    case errc::outcome_unknown: return "the answer was lost; the object may or may not be stored";
    case errc::checkpoint_failed: return "the checkpoint cannot be used";
    case errc::callback_unverified: return "the callback is not verified";
    case errc::key_unavailable: return "the callback's public key is not available";
    case errc::callback_replayed: return "the callback was received before";
    case errc::store_failed: return "the emulator's store failed";
    }
    return "unknown ossify error";
}

inline char const* text_of(condition c) noexcept
{
    switch (c) {
    case condition::usage: return "change the request or the configuration";
    case condition::timeout: return "a deadline passed";
    case condition::cancelled: return "cancelled by the caller";
    case condition::network: return "the connection failed";
    case condition::untrusted_peer: return "the peer's certificate is not acceptable";
    case condition::auth_failed: return "the credentials were refused";
    case condition::not_found: return "not found";
    case condition::conflict: return "the object's state forbids the request";
    case condition::throttled: return "slow down";
    case condition::retryable: return "trying again can help";
    case condition::integrity: return "the bytes differ";
    case condition::callback_failed: return "stored, but the callback failed";
    case condition::unknown_outcome: return "the outcome is unknown";
    }
    return "unknown ossify condition";
}

inline bool means(errc e, condition c) noexcept
{
    auto const in = [e](auto... list) { return ((e == list) || ...); };
    switch (c) {
    case condition::usage:
        return in(errc::invalid_argument, errc::invalid_callback, errc::invalid_config, errc::missing_credentials,
                  errc::not_supported);
    case condition::timeout:
        return in(errc::connect_timeout, errc::tls_timeout, errc::stall_timeout, errc::operation_timeout);
    case condition::cancelled: return e == errc::cancelled;
    case condition::network:
        return in(errc::connect_timeout, errc::tls_timeout, errc::stall_timeout, errc::host_not_found,
                  errc::connection_failed, errc::connection_closed, errc::truncated, errc::tls_failed);
    case condition::untrusted_peer:
        return in(errc::certificate_untrusted, errc::certificate_wrong_host, errc::certificate_expired);
    case condition::auth_failed:
        return in(errc::missing_credentials, errc::access_denied, errc::invalid_access_key_id,
                  errc::signature_mismatch, errc::invalid_security_token, errc::clock_skewed);
    case condition::not_found: return in(errc::no_such_bucket, errc::no_such_key, errc::no_such_upload);
    case condition::conflict: return in(errc::object_exists, errc::precondition_failed, errc::not_modified);
    case condition::throttled: return e == errc::throttled;
    case condition::retryable:
        return in(errc::connect_timeout, errc::tls_timeout, errc::stall_timeout, errc::host_not_found,
                  errc::connection_failed, errc::connection_closed, errc::truncated, errc::tls_failed,
                  errc::throttled, errc::service_internal, errc::clock_skewed, errc::crc_mismatch,
                  errc::invalid_digest);
    case condition::integrity: return in(errc::crc_mismatch, errc::invalid_digest, errc::source_changed);
    case condition::callback_failed: return e == errc::callback_failed;
    case condition::unknown_outcome: return e == errc::outcome_unknown;
    }
    return false;
}

class errc_category final : public std::error_category {
public:
    char const* name() const noexcept override { return "ossify"; }
    std::string message(int value) const override { return text_of(static_cast<errc>(value)); }
    bool equivalent(int value, std::error_condition const& other) const noexcept override
    {
        if (other.category() == condition_category())
            return means(static_cast<errc>(value), static_cast<condition>(other.value()));
        return std::error_category::equivalent(value, other);
    }
};

class condition_category_type final : public std::error_category {
public:
    char const* name() const noexcept override { return "ossify.condition"; }
    std::string message(int value) const override { return text_of(static_cast<condition>(value)); }
};

}  // namespace detail

inline std::error_category const& error_category() noexcept
{
    static detail::errc_category const instance;
    return instance;
}

inline std::error_category const& condition_category() noexcept
{
    static detail::condition_category_type const instance;
    return instance;
}

}  // namespace ossify

template<>
struct std::is_error_code_enum<ossify::errc> : std::true_type {};
template<>
struct std::is_error_condition_enum<ossify::condition> : std::true_type {};

#endif
