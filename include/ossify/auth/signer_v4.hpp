#ifndef OSSIFY_AUTH_SIGNER_V4_HPP
#define OSSIFY_AUTH_SIGNER_V4_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/auth/signer_v1.hpp>
#include <ossify/auth/signing_key.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ossify {

/// Signs a request with version 4: sets `x-oss-date`, `Date`, `x-oss-content-sha256: UNSIGNED-PAYLOAD`, with temporary
/// keys `x-oss-security-token`, and `Authorization`; what an earlier attempt set is replaced. Signed headers without a
/// value are removed. Bucket, key and query are decoded. `additional` names further headers to sign, in any case and
/// order; those that the request lacks are left out.
/// Anonymous credentials only take an earlier signature away.
/// Thread safety: stateless; `keys` may be shared. Source: OSS documentation, "Signature V4".
inline void sign_v4(credentials const& who, signing_scope const& scope, signing_key_cache& keys, codec::wall_time now,
                    http::method method, std::string_view bucket, std::string_view key, http::query const& query,
                    http::fields& headers, std::span<std::string const> additional = {})
{
    detail::clean_for_signing(headers);
    detail::set_security_token(headers, who);
    if (who.anonymous()) {
        detail::put_header(headers, "Date", codec::http_date(now));
        headers.erase("x-oss-date");
        headers.erase("x-oss-content-sha256");
        return;
    }
    auto const moment = keys.at(now, who, scope);
    detail::put_header(headers, "Date", moment->http_date);
    detail::put_header(headers, "x-oss-content-sha256", canonical::unsigned_payload);
    detail::put_header(headers, "x-oss-date", moment->timestamp);
    auto const names = canonical::additional_headers(additional, headers);

    std::string text;  // the canonical request, the string to sign and the header's value: one memory for all
    text.reserve(256 + headers.text().size() + 3 * key.size());
    canonical::append_v4_request(text, http::to_string(method), bucket, key, query, headers, names);
    auto const request = codec::sha256(text);
    text.clear();
    canonical::append_v4_string_to_sign(text, moment->timestamp, moment->scope_text, request);
    std::size_t const signed_bytes = text.size();

    text.append(canonical::v4_algorithm).append(" Credential=").append(who.access_key_id());
    text += '/';
    text += moment->scope_text;
    for (std::size_t i = 0; i != names.size(); ++i)
        text.append(i == 0 ? ",AdditionalHeaders=" : ";").append(names[i]);
    text.append(",Signature=");
    moment->key.append_signature(text, std::string_view(text).substr(0, signed_bytes));
    headers.set("Authorization", std::string_view(text).substr(signed_bytes));
}

}  // namespace ossify

#endif
