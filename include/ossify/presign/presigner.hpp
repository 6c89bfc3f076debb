#ifndef OSSIFY_PRESIGN_PRESIGNER_HPP
#define OSSIFY_PRESIGN_PRESIGNER_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/names.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>
#include <ossify/operation/service_request.hpp>
#include <ossify/presign/grant.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// How the callback parameters of a presigned URL travel. In the query the sender has nothing to do for them; as
/// headers they keep the URL short, and the sender must send them.
enum class callback_place { query, headers };

/// Makes presigned URLs: requests that someone without the secret may send, for a time. No I/O.
/// Thread safety: `presign` may be called from different threads.
class presigner {
public:
    static constexpr std::chrono::seconds longest_v4{7 * 24 * 3600};

    /// `service` is the endpoint that the senders reach: the public one, even if this program uses the internal one.
    presigner(endpoint service, request_signer signer) : endpoint_(std::move(service)), signer_(std::move(signer)) {}

    /// Signs `request` so that it can be sent within `valid_for` from `now`. With temporary keys it ends at the latest
    /// when they do.
    /// Errors: `invalid_argument` for a bad bucket or key, a query item that the signature needs itself, or a time that
    /// is no positive number of seconds or, in version 4, longer than 7 days; `missing_credentials`.
    /// Source: OSS documentation, "Include V4 signatures in a URL", "Include V1 signatures in a URL".
    result<grant> presign(service_request request, credentials const& who, codec::wall_time now,
                          std::chrono::seconds valid_for, callback_place callback = callback_place::query) const;

    endpoint const& service() const noexcept { return endpoint_; }

private:
    result<void> check(service_request const& request, credentials const& who, std::chrono::seconds valid_for) const;
    void sign_v1(service_request& request, credentials const& who, codec::wall_time expires) const;
    void sign_v4(service_request& request, credentials const& who, codec::wall_time now,
                 std::chrono::seconds valid_for) const;

    endpoint endpoint_;
    request_signer signer_;
};

namespace detail {

/// Moves a header into the query, where nobody has to repeat it.
inline void move_to_query(service_request& request, std::string_view header, std::string_view item)
{
    if (auto const value = request.headers.find(header)) {
        request.query.set(item, *value);
        request.headers.erase(header);
    }
}

}  // namespace detail

inline result<grant> presigner::presign(service_request request, credentials const& who, codec::wall_time now,
                                        std::chrono::seconds valid_for, callback_place callback) const
{
    if (auto ok = check(request, who, valid_for); !ok)
        return std::move(ok).error().in(request.operation);
    detail::clean_for_signing(request.headers);
    for (std::string_view const name : {"Date", "x-oss-date", "x-oss-content-sha256", "x-oss-security-token"})
        request.headers.erase(name);
    if (callback == callback_place::query) {
        detail::move_to_query(request, "x-oss-callback", "callback");
        detail::move_to_query(request, "x-oss-callback-var", "callback-var");
    }
    if (signer_.version() == signature_version::v1)
        sign_v1(request, who, now + valid_for);
    else
        sign_v4(request, who, now, valid_for);

    grant out;
    out.method = request.method;
    out.url = endpoint_.url_for(request.bucket, request.key, request.query);
    out.headers = std::move(request.headers);
    out.expires = now + valid_for;
    return out;
}

inline result<void> presigner::check(service_request const& request, credentials const& who,
                                     std::chrono::seconds valid_for) const
{
    if (who.anonymous())
        return failure(errc::missing_credentials, "a URL cannot be signed without an access key");
    if (auto ok = check_bucket_name(request.bucket); !ok)
        return std::move(ok).error();
    if (auto ok = check_object_key(request.key); !ok)
        return std::move(ok).error();
    bool const v4 = signer_.version() == signature_version::v4;
    if (valid_for < std::chrono::seconds(1))
        return failure(errc::invalid_argument, "a presigned URL must be valid for at least one second");
    if (v4 && valid_for > longest_v4)
        return failure(errc::invalid_argument, "a presigned URL of version 4 is valid for 7 days at most");
    if (valid_for > std::chrono::years(100))
        return failure(errc::invalid_argument, "a presigned URL is valid for 100 years at most");
    for (http::query_item const& item : request.query) {
        constexpr std::string_view v1_names[] = {"OSSAccessKeyId", "Expires", "Signature", "security-token"};
        constexpr std::string_view v4_names[] = {
            "x-oss-signature-version", "x-oss-credential",         "x-oss-date",          "x-oss-expires",
            "x-oss-signature",         "x-oss-additional-headers", "x-oss-security-token"};
        bool const taken = v4 ? std::find(std::begin(v4_names), std::end(v4_names), item.name) != std::end(v4_names)
                              : std::find(std::begin(v1_names), std::end(v1_names), item.name) != std::end(v1_names);
        if (taken)
            return failure(errc::invalid_argument, "the query item " + item.name + " belongs to the signature");
    }
    return {};
}

inline void presigner::sign_v1(service_request& request, credentials const& who, codec::wall_time expires) const
{
    if (!who.security_token().empty())
        request.query.append("security-token", who.security_token().reveal());
    std::string const date = std::to_string(expires.time_since_epoch().count());
    std::string const text = canonical::v1_string_to_sign(http::to_string(request.method), date, request.bucket,
                                                          request.key, request.query, request.headers);
    request.query.append("Expires", date);
    request.query.append("OSSAccessKeyId", who.access_key_id());
    request.query.append("Signature", v1_signature(who.access_key_secret(), text));
}

inline void presigner::sign_v4(service_request& request, credentials const& who, codec::wall_time now,
                               std::chrono::seconds valid_for) const
{
    std::string const timestamp = codec::iso_basic(now);
    std::string_view const date = std::string_view(timestamp).substr(0, 8);
    std::string const scope = signer_.scope().text(date);
    // The sender's HTTP client adds Host by itself: signed on request, not part of the grant.
    http::fields signed_headers = request.headers;
    signed_headers.set("Host", endpoint_.host_for(request.bucket));
    auto const names = canonical::additional_headers(signer_.additional_headers(), signed_headers);

    if (!who.security_token().empty())
        request.query.append("x-oss-security-token", who.security_token().reveal());
    request.query.append("x-oss-signature-version", canonical::v4_algorithm);
    request.query.append("x-oss-date", timestamp);
    request.query.append("x-oss-expires", std::to_string(valid_for.count()));
    request.query.append("x-oss-credential", std::string(who.access_key_id()) + '/' + scope);
    if (!names.empty()) {
        std::string list;
        for (std::string const& name : names)
            list.append(list.empty() ? "" : ";").append(name);
        request.query.append("x-oss-additional-headers", list);
    }
    std::string canonical_request;
    canonical::append_v4_request(canonical_request, http::to_string(request.method), request.bucket, request.key,
                                 request.query, signed_headers, names);
    std::string text;
    canonical::append_v4_string_to_sign(text, timestamp, scope, canonical_request);
    request.query.append("x-oss-signature", signer_.keys().get(who, date, signer_.scope()).sign(text));
}

}  // namespace ossify

#endif
