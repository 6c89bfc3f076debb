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
    detail::put_header(headers, "Date", codec::http_date(now));
    if (who.anonymous()) {
        headers.erase("x-oss-date");
        headers.erase("x-oss-content-sha256");
        return;
    }
    std::string const timestamp = codec::iso_basic(now);
    std::string_view const date = std::string_view(timestamp).substr(0, 8);
    detail::put_header(headers, "x-oss-date", timestamp);
    detail::put_header(headers, "x-oss-content-sha256", canonical::unsigned_payload);
    auto const names = canonical::additional_headers(additional, headers);

    std::string request;
    request.reserve(256 + headers.text().size() + 3 * key.size());
    canonical::append_v4_request(request, http::to_string(method), bucket, key, query, headers, names);

    std::string const scope_text = scope.text(date);
    std::string to_sign;
    to_sign.reserve(192);
    canonical::append_v4_string_to_sign(to_sign, timestamp, scope_text, request);

    std::string& authorization = request;  // its text is no longer needed, its memory is
    authorization.assign(canonical::v4_algorithm).append(" Credential=").append(who.access_key_id());
    authorization.append(1, '/').append(scope_text);
    for (std::size_t i = 0; i != names.size(); ++i)
        authorization.append(i == 0 ? ",AdditionalHeaders=" : ";").append(names[i]);
    authorization.append(",Signature=").append(keys.get(who, date, scope).sign(to_sign));
    headers.set("Authorization", authorization);
}

}  // namespace ossify

#endif
