#ifndef OSSIFY_EMULATOR_OBJECT_LISTINGS_HPP
#define OSSIFY_EMULATOR_OBJECT_LISTINGS_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/bucket_operations.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/listing.hpp>
#include <ossify/emulator/url_encoding.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation::operations {

namespace detail {

using objects_page = page<decltype(bucket_record::objects)>;

/// The parameters that both versions have. Errors: InvalidArgument.
inline service_result<page_request> read_page_request(incoming_request const& r)
{
    constexpr std::size_t longest = 1023;  // bytes
    for (std::string_view const name : {"prefix", "marker", "delimiter", "start-after"})
        if (auto const text = r.query.get(name); text.size() > longest)
            return errors::invalid_argument(name, text, "The length of " + std::string(name) +
                                                            " must be less than 1024.");
    auto const most = read_bounded(r, "max-keys", 100, 0, 1000);
    if (!most)
        return most.error();
    page_request out;
    out.prefix = r.query.get("prefix");
    out.delimiter = r.query.get("delimiter");
    out.most = *most;
    return out;
}

inline void write_page(codec::xml_writer& xml, objects_page const& page, url_encoding const& encoding,
                       std::optional<std::string_view> owner)
{
    for (auto const* const item : page.items) {
        auto const& [key, object] = *item;
        xml.open("Contents");
        encoding.element(xml, "Key", key);
        xml.element("LastModified", codec::iso_extended_ms(object->modified));
        xml.element("ETag", '"' + object->etag + '"');
        xml.element("Type", to_string(object->type));
        xml.element("Size", std::to_string(object->data.size()));
        xml.element("StorageClass", object->attributes.storage_class);
        if (owner)
            write_owner(xml, *owner);
        xml.close();
    }
    for (auto const& group : page.groups) {
        xml.open("CommonPrefixes");
        encoding.element(xml, "Prefix", group);
        xml.close();
    }
}

/// A token is opaque to clients. Ours is the place in Base64 with the two letters that URLs and XML take as they are.
inline std::string make_token(std::string_view place)
{
    std::string out = codec::base64_encode(place);
    for (char& c : out)
        c = c == '+' ? '.' : c == '/' ? '_' : c == '=' ? '-' : c;
    return out;
}

inline std::optional<std::string> read_token(std::string token)
{
    for (char& c : token)
        c = c == '.' ? '+' : c == '_' ? '/' : c == '-' ? '=' : c;
    auto place = codec::base64_decode(token);
    if (!place || place->empty())
        return std::nullopt;
    return *std::move(place);
}

}  // namespace detail

/// Source: OSS documentation, "GetBucket (ListObjects)".
inline std::optional<service_error> finish_list_objects(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    auto wanted = detail::read_page_request(r);
    if (!wanted)
        return wanted.error();
    wanted->after = r.query.get("marker");
    auto const& bucket = *x.objects().find_bucket(r.bucket());
    auto const page = take_page(bucket.objects, *wanted);

    codec::xml_writer xml;
    xml.open("ListBucketResult");
    xml.element("Name", bucket.name);
    encoding->element(xml, "Prefix", wanted->prefix);
    encoding->element(xml, "Marker", wanted->after);
    xml.element("MaxKeys", std::to_string(wanted->most));
    encoding->element(xml, "Delimiter", wanted->delimiter);
    encoding->write_type(xml);
    xml.element("IsTruncated", page.truncated ? "true" : "false");
    if (page.truncated)
        encoding->element(xml, "NextMarker", page.last);
    detail::write_page(xml, page, *encoding, bucket.owner);
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// Source: OSS documentation, "GetBucketV2 (ListObjectsV2)".
inline std::optional<service_error> finish_list_objects_v2(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    auto wanted = detail::read_page_request(r);
    if (!wanted)
        return wanted.error();
    auto const token = r.query.find("continuation-token");
    auto const start = r.query.find("start-after");
    wanted->after = start.value_or("");
    if (token && !token->empty()) {  // it says more than start-after does
        auto place = detail::read_token(std::string(*token));
        if (!place)
            return errors::invalid_argument("continuation-token", *token, "The continuation token provided is incorrect.");
        wanted->after = *std::move(place);
    }
    auto const& bucket = *x.objects().find_bucket(r.bucket());
    auto const page = take_page(bucket.objects, *wanted);
    bool const with_owner = r.query.get("fetch-owner") == "true";

    codec::xml_writer xml;
    xml.open("ListBucketResult");
    xml.element("Name", bucket.name);
    encoding->element(xml, "Prefix", wanted->prefix);
    if (start)
        encoding->element(xml, "StartAfter", *start);
    xml.element("MaxKeys", std::to_string(wanted->most));
    encoding->element(xml, "Delimiter", wanted->delimiter);
    encoding->write_type(xml);
    xml.element("IsTruncated", page.truncated ? "true" : "false");
    if (token)
        xml.element("ContinuationToken", *token);
    if (page.truncated)
        xml.element("NextContinuationToken", detail::make_token(page.last));
    detail::write_page(xml, page, *encoding,
                       with_owner ? std::optional<std::string_view>(bucket.owner) : std::nullopt);
    xml.element("KeyCount", std::to_string(page.items.size() + page.groups.size()));
    x.answer().xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
