#ifndef OSSIFY_AUTH_CANONICAL_HPP
#define OSSIFY_AUTH_CANONICAL_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/query.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The texts that both signature versions are computed over, built from the parts of a request. The signers and the
// emulator's authenticator share them; each finds the parts in its own way.

namespace ossify::canonical {

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view v4_algorithm = "OSS4-HMAC-SHA256";
inline constexpr std::string_view v4_terminator = "aliyun_v4_request";

namespace detail {

/// Three-way comparison of the lower-case forms, byte by byte.
constexpr int compare_lower(std::string_view a, std::string_view b) noexcept
{
    for (std::size_t i = 0; i != std::min(a.size(), b.size()); ++i) {
        if (a[i] == b[i])
            continue;
        auto const x = static_cast<unsigned char>(ascii::to_lower(a[i]));
        auto const y = static_cast<unsigned char>(ascii::to_lower(b[i]));
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

/// Query items of signature version 1, sorted: the union of what the vendor's libraries sign.
// clang-format off
inline constexpr std::string_view v1_items[] = {
    "accessPoint", "accessPointPolicy", "acl", "append", "asyncFetch", "bucketArchiveDirectRead", "bucketInfo",
    "callback", "callback-var", "cleanRestoredObject", "cloudboxes", "cname", "comp", "continuation-token", "cors",
    "delete", "encryption", "endTime", "group", "httpsConfig", "img", "inventory", "inventoryId", "lifecycle", "link",
    "live", "location", "logging", "metaQuery", "objectInfo", "objectMeta", "partNumber", "policy", "policyStatus",
    "position", "processConfiguration", "publicAccessBlock", "qos", "qosInfo", "qosRequester", "redundancyTransition",
    "referer", "regionList", "replication", "replicationLocation", "replicationProgress", "requestPayment",
    "requesterQosInfo", "resourceGroup", "resourcePool", "resourcePoolBuckets", "resourcePoolInfo",
    "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language",
    "response-content-type", "response-expires", "restore", "seal", "security-token", "sequential", "startTime", "stat",
    "status", "style", "styleName", "symlink", "tagging", "transferAcceleration", "udf", "udfApplication",
    "udfApplicationLog", "udfImage", "udfImageDesc", "udfName", "uploadId", "uploads", "versionId", "versioning",
    "versions", "vip", "vod", "vpcip", "website", "worm", "wormExtend", "wormId",
};
// clang-format on
static_assert(std::is_sorted(std::begin(v1_items), std::end(v1_items)));

/// A list on the stack that moves to the heap when it grows beyond what is usual.
template<class T, std::size_t Usual>
class short_list {
public:
    short_list() { items.reserve(Usual); }
    short_list(short_list const&) = delete;
    short_list& operator=(short_list const&) = delete;

private:
    alignas(T) std::array<std::byte, Usual * sizeof(T)> memory_;
    std::pmr::monotonic_buffer_resource arena_{memory_.data(), memory_.size()};

public:
    std::pmr::vector<T> items{&arena_};
};

/// Appends `name:value\n` for each header that `pick` names, sorted by lower-case name. Lines of one name are joined
/// with commas.
template<class Pick>
void append_headers(std::string& out, http::fields const& headers, Pick pick)
{
    short_list<http::field, 24> list;
    auto& picked = list.items;
    for (http::field const header : headers)
        if (pick(header.name))
            picked.push_back(header);
    // Few and mostly in order: insertion keeps lines of one name in the order sent.
    for (std::size_t i = 1; i < picked.size(); ++i)
        for (std::size_t j = i; j != 0 && compare_lower(picked[j].name, picked[j - 1].name) < 0; --j)
            std::swap(picked[j], picked[j - 1]);

    for (std::size_t i = 0; i != picked.size(); ++i) {
        bool const continues = i != 0 && http::iequals(picked[i].name, picked[i - 1].name);
        if (continues) {
            out.back() = ',';
        } else {
            std::size_t const begin = out.size();
            out.append(picked[i].name) += ':';
            for (char& c : std::span(out).subspan(begin))
                c = ascii::to_lower(c);
        }
        out.append(http::trim(picked[i].value)) += '\n';
    }
}

}  // namespace detail

/// True for headers whose name begins with `x-oss-`, in any case.
constexpr bool is_oss_header(std::string_view name) noexcept
{
    return name.size() >= 6 && http::iequals(name.substr(0, 6), "x-oss-");
}

/// True for headers that version 4 signs without being asked. Source: OSS documentation, "Signature V4".
constexpr bool is_default_signed_header(std::string_view name) noexcept
{
    return is_oss_header(name) || http::iequals(name, "content-type") || http::iequals(name, "content-md5");
}

/// True for query items that version 1 signs. Source: OSS documentation, "Signature V1", CanonicalizedResource.
inline bool is_v1_item(std::string_view name) noexcept
{
    return name.starts_with("x-oss-") ||
           std::binary_search(std::begin(detail::v1_items), std::end(detail::v1_items), name);
}

/// Appends `/{bucket}/{key}` as signed: the bucket stands in it whatever the style of the URL.
inline void append_resource(std::string& out, std::string_view bucket, std::string_view key, bool encoded)
{
    out += '/';
    if (bucket.empty())
        return;
    if (encoded)
        codec::percent_encode_to(out, bucket, true);
    else
        out += bucket;
    out += '/';
    if (encoded)
        codec::percent_encode_to(out, key, true);
    else
        out += key;
}

/// The string to sign of version 1. `date` is the text of the Date or `x-oss-date` header, or the decimal of Expires.
/// Bucket, key and query are decoded.
/// Thread safety: stateless. Source: OSS documentation, "Signature V1".
inline std::string v1_string_to_sign(std::string_view method, std::string_view date, std::string_view bucket,
                                     std::string_view key, http::query const& query, http::fields const& headers)
{
    std::string out;
    out.reserve(256 + headers.text().size() + key.size());
    out.append(method).append(1, '\n');
    out.append(http::trim(headers.get("Content-MD5"))).append(1, '\n');
    out.append(http::trim(headers.get("Content-Type"))).append(1, '\n');
    out.append(date).append(1, '\n');
    detail::append_headers(out, headers, is_oss_header);
    append_resource(out, bucket, key, false);

    std::vector<http::query_item const*> items;
    for (http::query_item const& item : query)
        if (is_v1_item(item.name))
            items.push_back(&item);
    std::stable_sort(items.begin(), items.end(), [](auto const* a, auto const* b) { return a->name < b->name; });
    // Of items with one name the first counts.
    items.erase(
        std::unique(items.begin(), items.end(), [](auto const* a, auto const* b) { return a->name == b->name; }),
        items.end());
    char separator = '?';
    for (auto const* item : items) {
        out.append(1, separator).append(item->name);
        if (!item->value.empty())
            out.append(1, '=').append(item->value);
        separator = '&';
    }
    return out;
}

/// Appends the query of version 4: every item encoded, sorted by its encoded name.
inline void append_v4_query(std::string& out, http::query const& query)
{
    if (query.empty())
        return;
    struct piece {
        std::size_t begin, name, size;
    };
    std::string text;
    std::vector<piece> pieces;
    pieces.reserve(query.size());
    for (http::query_item const& item : query) {
        std::size_t const begin = text.size();
        codec::percent_encode_to(text, item.name, false);
        std::size_t const name = text.size() - begin;
        if (!item.value.empty()) {
            text += '=';
            codec::percent_encode_to(text, item.value, false);
        }
        pieces.push_back({begin, name, text.size() - begin});
    }
    auto const part = [&text](std::size_t begin, std::size_t size) {
        return std::string_view(text).substr(begin, size);
    };
    std::stable_sort(pieces.begin(), pieces.end(),
                     [&](piece const& a, piece const& b) { return part(a.begin, a.name) < part(b.begin, b.name); });
    for (piece const& p : pieces)
        out.append(part(p.begin, p.size)).append(1, '&');
    out.pop_back();
}

/// Appends the canonical request of version 4. `additional` are lower-case names, sorted.
/// Source: OSS documentation, "Signature V4".
inline void append_v4_request(std::string& out, std::string_view method, std::string_view bucket, std::string_view key,
                              http::query const& query, http::fields const& headers,
                              std::span<std::string const> additional, std::string_view payload = unsigned_payload)
{
    out.append(method) += '\n';
    append_resource(out, bucket, key, true);
    out += '\n';
    append_v4_query(out, query);
    out += '\n';
    detail::append_headers(out, headers, [additional](std::string_view name) {
        return is_default_signed_header(name) || std::any_of(additional.begin(), additional.end(),
                                                             [name](auto const& a) { return http::iequals(a, name); });
    });
    out += '\n';
    for (std::size_t i = 0; i != additional.size(); ++i)
        out.append(i == 0 ? "" : ";").append(additional[i]);
    out += '\n';
    out += payload;
}

/// Appends the string to sign of version 4. `scope` is `{date}/{region}/{product}/aliyun_v4_request`; the request's
/// digest is that of its canonical form.
inline void append_v4_string_to_sign(std::string& out, std::string_view timestamp, std::string_view scope,
                                     codec::sha256_digest const& canonical_request)
{
    out.append(v4_algorithm) += '\n';
    out.append(timestamp) += '\n';
    out.append(scope) += '\n';
    codec::hex_encode_lower_to(out, codec::as_chars(canonical_request));
}
inline void append_v4_string_to_sign(std::string& out, std::string_view timestamp, std::string_view scope,
                                     std::string_view canonical_request)
{
    append_v4_string_to_sign(out, timestamp, scope, codec::sha256(canonical_request));
}

/// The names that version 4 signs on request: lower case, sorted, once each, without those that are signed anyway and
/// those that the request lacks or has without a value.
inline std::vector<std::string> additional_headers(std::span<std::string const> wanted, http::fields const& headers)
{
    std::vector<std::string> names;
    for (std::string const& name : wanted) {
        if (is_default_signed_header(name) || http::trim(headers.get(name)).empty())
            continue;
        names.push_back(ascii::lower_case(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace ossify::canonical

#endif
