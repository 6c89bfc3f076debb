#ifndef OSSIFY_EMULATOR_ATTRIBUTES_HPP
#define OSSIFY_EMULATOR_ATTRIBUTES_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

namespace detail {

template<std::size_t N>
bool is_one_of(std::string_view text, std::array<std::string_view, N> const& list)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

inline constexpr std::array<std::string_view, 4> object_acls{"default", "private", "public-read", "public-read-write"};
inline constexpr std::array<std::string_view, 3> bucket_acls{"private", "public-read", "public-read-write"};
inline constexpr std::array<std::string_view, 5> storage_classes{"Standard", "IA", "Archive", "ColdArchive",
                                                                 "DeepColdArchive"};
inline constexpr std::array<std::string_view, 5> kept_headers{"Cache-Control", "Content-Disposition", "Content-Language",
                                                              "Content-Encoding", "Expires"};

}  // namespace detail

using tag_list = std::vector<std::pair<std::string, std::string>>;

/// The rules for the tags of an object. Errors: InvalidArgument for more than 10 and for a repeated key,
/// InvalidTaggingKey, InvalidTag for a value.
/// Source: OSS documentation, "PutObjectTagging", "HTTP status code 400". Which code the service has for too many
/// tags is not documented.
inline std::optional<service_error> check_tags(tag_list const& tags)
{
    auto const legal = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(" +-=._:/").find(c) != std::string_view::npos;
    };
    if (tags.size() > 10)
        return errors::invalid_argument("Tagging", std::to_string(tags.size()), "Object tags cannot be greater than 10.");
    for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
        auto const& [key, value] = *tag;
        if (key.empty() || key.size() > 128 || !std::all_of(key.begin(), key.end(), legal))
            return service_error(400, "InvalidTaggingKey", "The tagging key you provided is invalid.")
                .with("TagKey", key);
        if (value.size() > 256 || !std::all_of(value.begin(), value.end(), legal))
            return service_error(400, "InvalidTag", "The TagValue you have provided is invalid.").with("TagValue", value);
        if (std::any_of(tags.begin(), tag, [&](auto const& other) { return other.first == key; }))
            return errors::invalid_argument("TagKey", key, "Tag keys must be unique.");
    }
    return std::nullopt;
}

/// Reads `k1=v1&k2=v2`, percent-encoded. Errors: InvalidArgument, and those of `check_tags`.
inline service_result<tag_list> parse_tagging(std::string_view text)
{
    auto items = codec::parse_form(text);
    if (!items)
        return errors::invalid_argument("x-oss-tagging", text,
                                        "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                                        "parameters without tag name duplicates.");
    if (auto bad = check_tags(*items))
        return *std::move(bad);
    return std::move(*items);
}

/// Takes from the request's headers what is stored with the object.
/// Errors: InvalidArgument, InvalidEncryptionAlgorithmError, NotImplemented, and those of `parse_tagging`.
/// Source: OSS documentation, "PutObject".
inline service_result<object_attributes> read_attributes(incoming_request const& request)
{
    object_attributes out;
    std::size_t user_metadata = 0;
    for (auto const [name, value] : request.head->headers) {
        std::string const text = ascii::lower_case(std::string(name));
        std::string_view const lowered = text;  // compares lengths first, which a string does not with a literal
        if (lowered == "content-type") {
            if (!value.empty())
                out.content_type = value;
        } else if (lowered.starts_with("x-oss-meta-")) {
            auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
            std::string_view const key = lowered.substr(11);
            if (key.empty() || !std::all_of(key.begin(), key.end(), plain))
                return errors::invalid_argument(lowered, value, "The user metadata key is invalid.");
            user_metadata += key.size() + value.size();
            out.headers.append(lowered, value);
        } else if (lowered == "x-oss-object-acl") {
            if (!detail::is_one_of(value, detail::object_acls))
                return errors::invalid_argument("x-oss-object-acl", value, "no such object access control exists");
            out.acl = value;
        } else if (lowered == "x-oss-storage-class") {
            if (!detail::is_one_of(value, detail::storage_classes))
                return errors::invalid_argument("x-oss-storage-class", value, "no such storage class exists");
            out.storage_class = value;
        } else if (lowered == "x-oss-server-side-encryption") {
            if (value != "AES256" && value != "KMS" && value != "SM4")
                return service_error(400, "InvalidEncryptionAlgorithmError",
                                     "The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.");
            out.headers.append(lowered, value);
        } else if (lowered == "x-oss-server-side-encryption-key-id" || lowered == "x-oss-server-side-data-encryption") {
            if (request.header("x-oss-server-side-encryption") != "KMS")
                return errors::invalid_argument(lowered, value, "It is only valid with KMS encryption.");
            out.headers.append(lowered, value);
        } else if (lowered == "x-oss-tagging") {
            auto tags = parse_tagging(value);
            if (!tags)
                return tags.error();
            out.tags = *std::move(tags);
        } else if (lowered == "if-modified-since" || lowered == "if-unmodified-since" || lowered == "if-match" ||
                   lowered == "if-none-match") {
            if (request.operation == operation::put_object)
                return errors::not_implemented_header(name);
        } else {
            for (auto const kept : detail::kept_headers)
                if (http::iequals(name, kept))
                    out.headers.append(kept, value);
        }
    }
    if (user_metadata > 8 * 1024)
        return errors::invalid_argument("x-oss-meta-*", std::to_string(user_metadata),
                                        "The user metadata exceeds 8 KB.");
    return out;
}

/// Checks x-oss-traffic-limit. Errors: InvalidArgument when it is out of range or given twice.
inline std::optional<service_error> check_traffic_limit(incoming_request const& request)
{
    auto const in_header = request.head->headers.find("x-oss-traffic-limit");
    auto const in_query = request.query.find("x-oss-traffic-limit");
    if (in_header && in_query)
        return errors::invalid_argument("x-oss-traffic-limit", *in_header,
                                        "The traffic limit must be in the header or in the query, not in both.");
    if (!in_header && !in_query)
        return std::nullopt;
    std::string_view const text = in_header ? *in_header : *in_query;
    auto const value = parse_number(text);
    // The lower of the two documented lower bounds.
    if (!value || *value < 245'760 || *value > 838'860'800)
        return errors::invalid_argument("x-oss-traffic-limit", text,
                                        "The traffic limit must be from 245760 to 838860800.");
    return std::nullopt;
}

}  // namespace ossify::emulation

#endif
