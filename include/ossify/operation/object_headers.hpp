#ifndef OSSIFY_OPERATION_OBJECT_HEADERS_HPP
#define OSSIFY_OPERATION_OBJECT_HEADERS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/syntax.hpp>
#include <ossify/operation/mime_type.hpp>
#include <ossify/operation/traffic_limit.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

enum class object_acl { inherit, private_, public_read, public_read_write };
enum class storage_class { standard, infrequent_access, archive, cold_archive, deep_cold_archive };
enum class server_side_encryption { aes256, kms, sm4 };

inline std::string_view to_string(object_acl acl)
{
    switch (acl) {
    case object_acl::inherit: return "default";
    case object_acl::private_: return "private";
    case object_acl::public_read: return "public-read";
    case object_acl::public_read_write: return "public-read-write";
    }
    return "default";
}

inline std::string_view to_string(storage_class c)
{
    switch (c) {
    case storage_class::standard: return "Standard";
    case storage_class::infrequent_access: return "IA";
    case storage_class::archive: return "Archive";
    case storage_class::cold_archive: return "ColdArchive";
    case storage_class::deep_cold_archive: return "DeepColdArchive";
    }
    return "Standard";
}

inline std::string_view to_string(server_side_encryption e)
{
    switch (e) {
    case server_side_encryption::aes256: return "AES256";
    case server_side_encryption::kms: return "KMS";
    case server_side_encryption::sm4: return "SM4";
    }
    return "AES256";
}

/// How an object is to be stored. Source: OSS documentation, PutObject and InitiateMultipartUpload.
class object_headers {
public:
    object_headers() = default;

    std::string content_type;  ///< empty: guessed from the key
    std::string cache_control;
    std::string content_disposition;
    std::string content_encoding;
    std::optional<codec::wall_time> expires;
    std::vector<std::pair<std::string, std::string>> metadata;  ///< names without `x-oss-meta-`
    std::vector<std::pair<std::string, std::string>> tags;      ///< at most 10
    std::optional<object_acl> acl;
    std::optional<ossify::storage_class> storage;
    std::optional<server_side_encryption> encryption;
    std::string encryption_key_id;  ///< only with KMS
    bool forbid_overwrite = false;
    bool requester_pays = false;
    std::uint64_t traffic_limit = 0;  ///< bit/s, at the service; 0: none
    http::fields extra;               ///< any other header, sent as it is

    enum class use { put, initiate };

    /// Writes the headers of a request that stores `key`.
    /// Errors: `invalid_argument`, naming the header, for what the service would refuse.
    result<void> encode(std::string_view key, use where, http::fields& out) const
    {
        struct named {
            std::string_view name;
            std::string_view value;
        };
        named const plain[] = {
            {"Content-Type", content_type.empty() ? mime_type_of(key) : std::string_view(content_type)},
            {"Cache-Control", cache_control},
            {"Content-Disposition", content_disposition},
            {"Content-Encoding", content_encoding},
            {"x-oss-storage-class", storage ? to_string(*storage) : std::string_view()},
            {"x-oss-server-side-encryption", encryption ? to_string(*encryption) : std::string_view()},
            {"x-oss-server-side-encryption-key-id", encryption_key_id},
            {"x-oss-forbid-overwrite", forbid_overwrite ? "true" : ""},
            {"x-oss-request-payer", requester_pays ? "requester" : ""},
        };
        for (auto const& [name, value] : plain) {
            if (value.empty())
                continue;
            if (auto ok = check(name, value); !ok)
                return ok;
            out.append_valid(name, value);
        }
        if (expires)
            out.append_valid("Expires", codec::http_date(*expires));
        if (acl && where == use::put)  // multipart uploads take it on completion
            out.append_valid("x-oss-object-acl", to_string(*acl));
        if (auto ok = detail::check_traffic_limit(traffic_limit); !ok)
            return ok;
        if (traffic_limit != 0 && where == use::put)  // in a multipart upload it goes with each part
            out.append_valid("x-oss-traffic-limit", std::to_string(traffic_limit));
        if (!encryption_key_id.empty() && encryption != server_side_encryption::kms)
            return failure(errc::invalid_argument, "an encryption key id goes with KMS encryption only");
        if (auto ok = encode_metadata(out); !ok)
            return ok;
        if (auto ok = encode_tags(out); !ok)
            return ok;
        for (auto const [name, value] : extra)
            out.set(name, value);
        return {};
    }

private:
    static result<void> check(std::string_view name, std::string_view value)
    {
        if (http::is_valid_value(value))
            return {};
        return failure(errc::invalid_argument,
                       "the value for " + std::string(name) + " holds a control character or outer white space");
    }

    result<void> encode_metadata(http::fields& out) const
    {
        std::size_t total = 0;
        std::string name;
        for (auto const& [key, value] : metadata) {
            name = "x-oss-meta-";
            for (char const c : key) {
                char const small = ascii::to_lower(c);
                if (!(small >= 'a' && small <= 'z') && !(c >= '0' && c <= '9') && c != '-')
                    return failure(errc::invalid_argument,
                                   "metadata \"" + key + "\": a name may hold letters, digits and hyphens");
                name += small;
            }
            if (key.empty())
                return failure(errc::invalid_argument, "metadata without a name");
            if (value.empty())
                return failure(errc::invalid_argument, "metadata \"" + key + "\" has no value");
            if (auto ok = check(name, value); !ok)
                return ok;
            total += key.size() + value.size();
            out.set(name, value);
        }
        if (total > 8 * 1024)
            return failure(errc::invalid_argument, "metadata of more than 8 KB");
        return {};
    }

    result<void> encode_tags(http::fields& out) const
    {
        if (tags.empty())
            return {};
        if (tags.size() > 10)
            return failure(errc::invalid_argument, "more than 10 tags");
        std::string text;
        for (auto const& [key, value] : tags) {
            if (key.empty() || key.size() > 128 || value.size() > 256)
                return failure(errc::invalid_argument,
                               "tag \"" + key + "\": a key has 1 to 128 bytes and a value at most 256");
            if (!text.empty())
                text += '&';
            codec::percent_encode_to(text, key, false);
            text += '=';
            codec::percent_encode_to(text, value, false);
        }
        out.append_valid("x-oss-tagging", text);
        return {};
    }
};

}  // namespace ossify

#endif
