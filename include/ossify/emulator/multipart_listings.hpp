#ifndef OSSIFY_EMULATOR_MULTIPART_LISTINGS_HPP
#define OSSIFY_EMULATOR_MULTIPART_LISTINGS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/listing.hpp>
#include <ossify/emulator/multipart_operations.hpp>
#include <ossify/emulator/url_encoding.hpp>

#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation::operations {

/// Source: OSS documentation, "ListParts".
inline std::optional<service_error> finish_list_parts(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    auto const most = read_bounded(r, "max-parts", 1000, 1, 1000);
    if (!most)
        return most.error();
    auto const marker =
        read_bounded(r, "part-number-marker", 0, 0, std::numeric_limits<std::uint64_t>::max());
    if (!marker)
        return marker.error();
    auto const found = find_upload(x);
    if (!found)
        return found.error();
    upload_record const& upload = **found;

    auto const first = *marker >= most_parts ? upload.parts.end()
                                             : upload.parts.upper_bound(static_cast<unsigned>(*marker));
    auto last = first;
    for (std::uint64_t n = 0; n != *most && last != upload.parts.end(); ++n)
        ++last;
    codec::xml_writer xml;
    xml.open("ListPartsResult");
    encoding->write_type(xml);
    xml.element("Bucket", r.bucket());
    encoding->element(xml, "Key", r.key());
    xml.element("UploadId", upload.id);
    xml.element("StorageClass", upload.attributes.storage_class);
    xml.element("PartNumberMarker", std::to_string(*marker));
    xml.element("NextPartNumberMarker",
                first == last ? std::string() : std::to_string(std::prev(last)->first));
    xml.element("MaxParts", std::to_string(*most));
    xml.element("IsTruncated", last != upload.parts.end() ? "true" : "false");
    for (auto it = first; it != last; ++it) {
        part_record const& part = it->second;
        xml.open("Part");
        xml.element("PartNumber", std::to_string(part.number));
        xml.element("LastModified", codec::iso_extended_ms(part.modified));
        xml.element("ETag", '"' + part.etag + '"');
        xml.element("HashCrc64ecma", std::to_string(part.crc64));
        xml.element("Size", std::to_string(part.data.size()));
        xml.close();
    }
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// Source: OSS documentation, "ListMultipartUploads".
inline std::optional<service_error> finish_list_multipart_uploads(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    auto const most = read_bounded(r, "max-uploads", 1000, 1, 1000);
    if (!most)
        return most.error();
    std::string const prefix(r.query.get("prefix"));
    std::string const delimiter(r.query.get("delimiter"));
    std::string const key_marker(r.query.get("key-marker"));
    std::string const id_marker(key_marker.empty() ? std::string_view() : r.query.get("upload-id-marker"));
    auto const& uploads = x.objects().find_bucket(r.bucket())->uploads;

    std::vector<upload_record const*> listed;
    std::set<std::string> common;
    std::uint64_t count = 0;
    bool truncated = false;
    std::string next_key;
    std::string next_id;
    for (auto const& [place, upload] : uploads) {
        auto const& [key, id] = place;
        if (!std::string_view(key).starts_with(prefix))
            continue;
        // Without an upload id the marker leaves out all uploads of its key.
        if (!key_marker.empty() &&
            (key < key_marker || (key == key_marker && (id_marker.empty() || id <= id_marker))))
            continue;
        auto const cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
        std::string group = cut == std::string::npos ? std::string() : key.substr(0, cut + delimiter.size());
        if (!group.empty() && (common.contains(group) || (!key_marker.empty() && group <= key_marker &&
                                                          std::string_view(key_marker).starts_with(group)))) {
            next_key = key;
            next_id = id;
            continue;  // counted already, here or on the page before
        }
        if (count == *most) {
            truncated = true;
            break;
        }
        ++count;
        next_key = key;
        next_id = id;
        if (!group.empty()) {
            common.insert(std::move(group));
            continue;
        }
        listed.push_back(&upload);
    }

    codec::xml_writer xml;
    xml.open("ListMultipartUploadsResult");
    encoding->write_type(xml);
    xml.element("Bucket", r.bucket());
    encoding->element(xml, "KeyMarker", key_marker);
    xml.element("UploadIdMarker", id_marker);
    encoding->element(xml, "NextKeyMarker", truncated ? next_key : std::string());
    xml.element("NextUploadIdMarker", truncated ? next_id : std::string());
    encoding->element(xml, "Delimiter", delimiter);
    encoding->element(xml, "Prefix", prefix);
    xml.element("MaxUploads", std::to_string(*most));
    xml.element("IsTruncated", truncated ? "true" : "false");
    for (auto const* const upload : listed) {
        xml.open("Upload");
        encoding->element(xml, "Key", upload->key);
        xml.element("UploadId", upload->id);
        xml.element("StorageClass", upload->attributes.storage_class);
        xml.element("Initiated", codec::iso_extended_ms(upload->initiated));
        xml.close();
    }
    for (auto const& group : common) {
        xml.open("CommonPrefixes");
        encoding->element(xml, "Prefix", group);
        xml.close();
    }
    x.answer().xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
