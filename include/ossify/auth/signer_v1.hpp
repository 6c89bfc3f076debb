#ifndef OSSIFY_AUTH_SIGNER_V1_HPP
#define OSSIFY_AUTH_SIGNER_V1_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ossify {

namespace detail {

/// Takes away what an earlier attempt signed with, and signed headers without a value: implementations differ on
/// whether those are signed.
inline void clean_for_signing(http::fields& headers)
{
    headers.erase("Authorization");
    for (std::size_t i = 0; i < headers.size();) {
        http::field const header = headers[i];
        if (http::trim(header.value).empty() && canonical::is_default_signed_header(header.name)) {
            headers.erase(header.name);
            i = 0;
        } else {
            ++i;
        }
    }
}

/// `headers.set` for a value of our own making, which needs no check.
inline void put_header(http::fields& headers, std::string_view name, std::string_view value)
{
    if (headers.contains(name))
        headers.set(name, value);
    else
        headers.append_valid(name, value);
}

inline void set_security_token(http::fields& headers, credentials const& who)
{
    if (who.security_token().empty())
        headers.erase("x-oss-security-token");
    else
        headers.set("x-oss-security-token", who.security_token().reveal());
}

}  // namespace detail

/// The signature of version 1 over a string to sign, in Base64. Thread safety: stateless.
inline std::string v1_signature(secret const& key, std::string_view string_to_sign)
{
    return codec::base64_encode(codec::as_chars(codec::hmac_sha1(key.reveal(), string_to_sign)));
}

/// Signs a request with version 1: sets `Date`, with temporary keys `x-oss-security-token`, and `Authorization`; what
/// an earlier attempt set is replaced. An `x-oss-date` that is there already is set to the same date. Signed headers
/// without a value are removed. Bucket, key and query are decoded.
/// Anonymous credentials only take an earlier signature away.
/// Thread safety: stateless. Source: OSS documentation, "Signature V1".
inline void sign_v1(credentials const& who, codec::wall_time now, http::method method, std::string_view bucket,
                    std::string_view key, http::query const& query, http::fields& headers)
{
    detail::clean_for_signing(headers);
    detail::set_security_token(headers, who);
    std::string const date = codec::http_date(now);
    detail::put_header(headers, "Date", date);
    if (headers.contains("x-oss-date"))
        headers.set("x-oss-date", date);
    if (who.anonymous())
        return;

    std::string const text = canonical::v1_string_to_sign(http::to_string(method), date, bucket, key, query, headers);
    std::string authorization = "OSS ";
    authorization.append(who.access_key_id()).append(1, ':').append(v1_signature(who.access_key_secret(), text));
    headers.set("Authorization", authorization);
}

}  // namespace ossify

#endif
