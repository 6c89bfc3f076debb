#ifndef OSSIFY_EMULATOR_AUTHENTICATOR_HPP
#define OSSIFY_EMULATOR_AUTHENTICATOR_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/signer_v1.hpp>
#include <ossify/auth/signing_key.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/emulator/auth_errors.hpp>
#include <ossify/emulator/key_store.hpp>
#include <ossify/emulator/post_policy.hpp>
#include <ossify/emulator/service_error.hpp>
#include <ossify/emulator/signature_hint.hpp>
#include <ossify/emulator/v4_claim.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Decides who sent a request, as the service does: it reads the raw request by itself and shares only the canonical
/// texts with the signers. No I/O; the time is given.
/// Thread safety: the const members may run in several threads while the keys do not change.
class authenticator {
public:
    /// With a region, requests signed for another one are refused; without, every region is accepted.
    explicit authenticator(key_store keys = {}, std::string region = {})
        : keys_(std::move(keys)), region_(std::move(region))
    {
    }

    key_store& keys() noexcept { return keys_; }
    key_store const& keys() const noexcept { return keys_; }

    /// Checks the Authorization header or the signature in the query. `bucket` and `key` are what the request
    /// addresses, decoded; both may be empty.
    /// Returns: who sent it, anonymous when nothing in it claims to be signed, or the service's error.
    /// Source: OSS documentation, "Signature V1", "Signature V4".
    service_result<identity> authenticate(http::request_head const& head, std::string_view bucket, std::string_view key,
                                          codec::wall_time now) const;

    /// Checks policy and signature of a PostObject form. `fields` are those before the file, in order; the conditions
    /// on the file's length are left to `form_permission::check_bytes`.
    /// Source: OSS documentation, PostObject; "POST V4 signature".
    service_result<form_permission> authenticate_form(codec::form_fields const& fields, std::string_view bucket,
                                                      codec::wall_time now) const;

private:
    /// The parts of a request that are signed.
    struct request {
        std::string_view method, bucket, key;
        http::query const& query;
        http::fields const& headers;
    };

    service_result<identity> by_v1_header(request const& r, std::string_view value, codec::wall_time now) const;
    service_result<identity> by_v4_header(request const& r, std::string_view value, codec::wall_time now) const;
    service_result<identity> by_v1_url(request const& r, codec::wall_time now) const;
    service_result<identity> by_v4_url(request const& r, codec::wall_time now) const;

    service_result<key_pair const*> find_key(std::string_view id, std::string_view token, bool in_url,
                                             codec::wall_time now) const;
    service_result<identity> check_v1(request const& r, key_pair const& pair, std::string_view date,
                                      std::string_view signature, proof how) const;
    service_result<identity> check_v4(request const& r, key_pair const& pair, std::string_view timestamp,
                                      v4_claim const& claim, std::string_view payload, proof how) const;

    static bool too_skewed(codec::wall_time sent, codec::wall_time now)
    {
        return std::chrono::abs(now - sent) > errors::allowed_skew;
    }

    key_store keys_;
    std::string region_;
    mutable signing_key_cache signing_keys_{32};
};

namespace detail {

/// The query of a raw request target, decoded as the service does: an unescaped `+` is a space.
inline service_result<http::query> read_query(std::string_view target)
{
    http::query out;
    auto const mark = target.find('?');
    if (mark == target.npos)
        return out;
    auto const items = codec::parse_form(target.substr(mark + 1));
    if (!items)
        return errors::malformed_query();
    for (auto const& [name, value] : *items)
        out.append(name, value);
    return out;
}

}  // namespace detail

inline service_result<identity> authenticator::authenticate(http::request_head const& head, std::string_view bucket,
                                                            std::string_view key, codec::wall_time now) const
{
    auto const query = detail::read_query(head.target);
    if (!query)
        return query.error();
    request const r{http::to_string(head.method), bucket, key, *query, head.headers};

    bool const v1_url = query->contains("OSSAccessKeyId") || query->contains("Signature");
    bool const v4_url = query->contains("x-oss-signature-version") || query->contains("x-oss-signature") ||
                        query->contains("x-oss-credential");
    auto const authorization = head.headers.find("Authorization");
    if ((authorization && (v1_url || v4_url)) || (v1_url && v4_url))
        return errors::two_signatures();
    if (head.headers.contains("x-oss-security-token") &&
        (query->contains("security-token") || query->contains("x-oss-security-token")))
        return errors::two_security_tokens();
    if (v1_url)
        return by_v1_url(r, now);
    if (v4_url)
        return by_v4_url(r, now);
    if (!authorization)
        return identity();

    std::string_view const value = http::trim(*authorization);
    if (value.empty())
        return errors::invalid_authorization(value, "Authorization header value is empty.");
    if (head.headers.count("Authorization") != 1)
        return errors::invalid_authorization(value, "Authorization header is invalid.");
    auto const space = value.find(' ');
    std::string_view const scheme = value.substr(0, space);
    std::string_view const rest = space == value.npos ? std::string_view() : http::trim(value.substr(space));
    if (scheme == "OSS")
        return by_v1_header(r, rest, now);
    if (scheme == canonical::v4_algorithm)
        return by_v4_header(r, rest, now);
    return errors::invalid_authorization(value, "Unsupported Authorization Type", "0002-00000002");
}

inline service_result<identity> authenticator::by_v1_header(request const& r, std::string_view value,
                                                            codec::wall_time now) const
{
    auto const colon = value.find(':');
    std::string_view const id = value.substr(0, colon);
    std::string_view const signature = colon == value.npos ? std::string_view() : value.substr(colon + 1);
    if (id.empty() || signature.empty() || signature.find_first_of(" :") != signature.npos)
        return errors::invalid_authorization("OSS " + std::string(value),
                                             "AccessKeyId or Signature is missing in Authorization header value.");
    auto const oss_date = r.headers.find("x-oss-date");
    std::string_view const date = http::trim(oss_date ? *oss_date : r.headers.get("Date"));
    auto const sent = codec::parse_http_date(date);
    if (!sent)
        return errors::invalid_date();
    auto const pair = find_key(id, r.headers.get("x-oss-security-token"), false, now);
    if (!pair)
        return pair.error();
    if (too_skewed(*sent, now))
        return errors::time_too_skewed(*sent, now);
    return check_v1(r, **pair, date, signature, proof::v1_header);
}

inline service_result<identity> authenticator::by_v1_url(request const& r, codec::wall_time now) const
{
    auto const id = r.query.find("OSSAccessKeyId");
    auto const expires = r.query.find("Expires");
    auto const signature = r.query.find("Signature");
    if (!expires || expires->empty())
        return errors::url_without_v1_parameters(expires ? "0002-00000068" : "0002-00000067");
    if (!id || !signature)
        return errors::url_without_v1_parameters({});
    auto const seconds = http::parse_decimal(*expires);
    constexpr std::uint64_t year_9999 = 253402300799;
    if (!seconds || *seconds > year_9999)
        return service_error(403, "AccessDenied", "Invalid date (should be seconds since epoch).", "0002-00000070");
    codec::wall_time const until{std::chrono::seconds(static_cast<std::int64_t>(*seconds))};
    if (now > until)
        return errors::url_expired(until, now, "0002-00000069");
    auto const pair = find_key(*id, r.query.get("security-token"), true, now);
    if (!pair)
        return pair.error();
    return check_v1(r, **pair, *expires, *signature, proof::v1_url);
}

inline service_result<identity> authenticator::by_v4_header(request const& r, std::string_view value,
                                                            codec::wall_time now) const
{
    std::string const shown = std::string(canonical::v4_algorithm) + ' ' + std::string(value);
    auto const claim = read_v4_header(value, shown, region_);
    if (!claim)
        return claim.error();
    std::string_view const timestamp = http::trim(r.headers.get("x-oss-date"));
    auto const sent = codec::parse_iso_basic(timestamp);
    if (!sent)
        return errors::invalid_date();
    if (timestamp.substr(0, 8) != claim->date)
        return errors::invalid_authorization(shown, "Invalid signing date in Authorization header.", "0002-00000212");
    auto const pair = find_key(claim->id, r.headers.get("x-oss-security-token"), false, now);
    if (!pair)
        return pair.error();
    if (too_skewed(*sent, now))
        return errors::time_too_skewed(*sent, now);
    auto const payload = r.headers.find("x-oss-content-sha256");
    return check_v4(r, **pair, timestamp, *claim, payload ? http::trim(*payload) : canonical::unsigned_payload,
                    proof::v4_header);
}

inline service_result<identity> authenticator::by_v4_url(request const& r, codec::wall_time now) const
{
    struct required_item {
        std::string_view name, ec;
    };
    constexpr std::array<required_item, 5> required{{{"x-oss-signature-version", ""},
                                                     {"x-oss-credential", ""},
                                                     {"x-oss-date", ""},
                                                     {"x-oss-expires", "0002-00000215"},
                                                     {"x-oss-signature", ""}}};
    for (required_item const& item : required)
        if (r.query.get(item.name).empty())
            return errors::invalid_query_item(item.name, {}, "A parameter of the signature is missing in the query.",
                                              std::string(item.ec));
    auto const wrong_item = [&](std::string_view name, std::string message, std::string ec = {}) {
        return errors::invalid_query_item(name, r.query.get(name), std::move(message), std::move(ec));
    };
    if (r.query.get("x-oss-signature-version") != canonical::v4_algorithm)
        return wrong_item("x-oss-signature-version", "The signature version is not supported.");

    auto claim = read_v4_credential(r.query.get("x-oss-credential"), {}, region_);
    if (!claim)
        return claim.error();
    claim->signature = r.query.get("x-oss-signature");
    if (auto const additional = r.query.find("x-oss-additional-headers"))
        if (auto wrong = read_additional_headers(*additional, {}, *claim))
            return *std::move(wrong);

    std::string_view const timestamp = r.query.get("x-oss-date");
    auto const from = codec::parse_iso_basic(timestamp);
    if (!from)
        return errors::invalid_date();
    if (timestamp.substr(0, 8) != claim->date)
        return wrong_item("x-oss-credential", "Invalid signing date in x-oss-credential.", "0002-00000223");
    auto const seconds = http::parse_decimal(r.query.get("x-oss-expires"));
    if (!seconds || *seconds < 1 || *seconds > 604800)
        return wrong_item("x-oss-expires", "x-oss-expires must be between 1 and 604800 seconds.", "0002-00000232");
    codec::wall_time const until = *from + std::chrono::seconds(static_cast<std::int64_t>(*seconds));
    if (now > until)
        return errors::url_expired(until, now, "0002-00000236");
    if (*from > now + errors::allowed_skew)
        return errors::time_too_skewed(*from, now);
    auto const pair = find_key(claim->id, r.query.get("x-oss-security-token"), true, now);
    if (!pair)
        return pair.error();
    http::query signed_items = r.query;
    signed_items.erase("x-oss-signature");
    request const unsigned_request{r.method, r.bucket, r.key, signed_items, r.headers};
    return check_v4(unsigned_request, **pair, timestamp, *claim, canonical::unsigned_payload, proof::v4_url);
}

inline service_result<key_pair const*> authenticator::find_key(std::string_view id, std::string_view token, bool in_url,
                                                               codec::wall_time now) const
{
    key_pair const* const pair = keys_.find(id);
    if (pair == nullptr)
        return errors::unknown_access_key(id).because("there is no key \"" + std::string(id) + "\"; known: " +
                                                      keys_.ids());
    std::string_view const own = pair->key.security_token().reveal();
    if (own.empty() && token.empty())
        return pair;
    if (token.empty())  // the service does not know a temporary id without its token
        return (in_url ? errors::url_without_security_token() : errors::unknown_access_key(id))
            .because("\"" + std::string(id) + "\" is a temporary key, and its security token is not sent");
    if (!codec::constant_time_equal(own, token))
        return keys_.knows_token(token) ? errors::security_token_of_other_key() : errors::invalid_security_token();
    if (pair->token_expires && now >= *pair->token_expires)
        return errors::security_token_expired();
    return pair;
}

inline service_result<identity> authenticator::check_v1(request const& r, key_pair const& pair, std::string_view date,
                                                        std::string_view signature, proof how) const
{
    std::string text = canonical::v1_string_to_sign(r.method, date, r.bucket, r.key, r.query, r.headers);
    auto const& key = pair.key.access_key_secret();
    if (!codec::constant_time_equal(v1_signature(key, text), signature)) {
        std::string why = explain_v1(key, text, signature);
        return errors::signature_mismatch(pair.key.access_key_id(), signature, std::move(text)).because(std::move(why));
    }
    return identity(std::string(pair.key.access_key_id()), how, pair.read_only);
}

inline service_result<identity> authenticator::check_v4(request const& r, key_pair const& pair,
                                                        std::string_view timestamp, v4_claim const& claim,
                                                        std::string_view payload, proof how) const
{
    std::string canonical_request;
    canonical_request.reserve(512 + r.headers.text().size());
    canonical::append_v4_request(canonical_request, r.method, r.bucket, r.key, r.query, r.headers, claim.additional,
                                 payload);
    signing_scope const scope = claim.scope();
    std::string text;
    canonical::append_v4_string_to_sign(text, timestamp, scope.text(claim.date), canonical_request);
    if (!codec::constant_time_equal(signing_keys_.get(pair.key, claim.date, scope).sign(text), claim.signature)) {
        std::string why = explain_v4(pair.key.access_key_secret(), claim.date, scope, timestamp, canonical_request,
                                     claim.signature);
        return errors::signature_mismatch(claim.id, claim.signature, std::move(text), std::move(canonical_request))
            .because(std::move(why));
    }
    return identity(std::string(claim.id), how, pair.read_only);
}

inline service_result<form_permission> authenticator::authenticate_form(codec::form_fields const& fields,
                                                                        std::string_view bucket,
                                                                        codec::wall_time now) const
{
    auto const field = [&](std::string_view name) { return detail::form_value(fields, name).value_or(""); };
    bool const v4 = detail::form_value(fields, "x-oss-signature-version") ||
                    detail::form_value(fields, "x-oss-signature") || detail::form_value(fields, "x-oss-credential");
    std::string_view const policy = field("policy");
    std::string_view const signature = field(v4 ? "x-oss-signature" : "Signature");
    std::string_view const credential = field(v4 ? "x-oss-credential" : "OSSAccessKeyId");
    if (!v4 && policy.empty() && signature.empty() && credential.empty())
        return form_permission();
    if (credential.empty())
        return errors::form_field_missing("Post request accessKeyId is empty.");
    if (signature.empty())
        return errors::form_field_missing("Post request signature is empty.");
    if (policy.empty())
        return errors::form_field_missing("Post request policy is empty.");

    v4_claim claim;
    claim.id = credential;
    if (v4) {
        if (field("x-oss-signature-version") != canonical::v4_algorithm)
            return errors::invalid_query_item("x-oss-signature-version", field("x-oss-signature-version"),
                                              "The signature version is not supported.", {});
        auto read = read_v4_credential(credential, {}, region_);
        if (!read)
            return read.error();
        claim = *std::move(read);
        std::string_view const timestamp = field("x-oss-date");
        auto const sent = codec::parse_iso_basic(timestamp);
        if (!sent)
            return errors::invalid_date();
        if (timestamp.substr(0, 8) != claim.date)
            return errors::invalid_query_item("x-oss-credential", credential,
                                              "Invalid signing date in x-oss-credential.", "0002-00000223");
        if (*sent > now + errors::allowed_skew)
            return errors::time_too_skewed(*sent, now);
    }
    auto const pair = find_key(claim.id, field("x-oss-security-token"), false, now);
    if (!pair)
        return pair.error();
    std::string const expected = v4 ? signing_keys_.get((*pair)->key, claim.date, claim.scope()).sign(policy)
                                    : v1_signature((*pair)->key.access_key_secret(), policy);
    if (!codec::constant_time_equal(expected, signature))
        return errors::signature_mismatch(claim.id, signature, std::string(policy))
            .because("another secret, or the policy was changed after it was signed");
    return check_policy(policy, fields, bucket, now,
                        identity(std::string(claim.id), v4 ? proof::v4_form : proof::v1_form, (*pair)->read_only));
}

}  // namespace ossify::emulation

#endif
