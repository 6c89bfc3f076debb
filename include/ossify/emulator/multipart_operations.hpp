#ifndef OSSIFY_EMULATOR_MULTIPART_OPERATIONS_HPP
#define OSSIFY_EMULATOR_MULTIPART_OPERATIONS_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/copy_source.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/put_object.hpp>
#include <ossify/emulator/url_encoding.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation::operations {

inline constexpr unsigned most_parts = 10'000;
inline constexpr std::uint64_t least_part_bytes = 100 * 1024;  ///< of any part but the last

/// The upload that the request's uploadId names. Errors: NoSuchUpload.
inline service_result<upload_record const*> find_upload(service_exchange& x)
{
    auto const& r = x.request();
    auto const id = r.query.get("uploadId");
    auto const* const upload = x.objects().find_upload(r.bucket(), r.key(), id);
    if (upload == nullptr)
        return errors::no_such_upload(id);
    return upload;
}

/// Source: OSS documentation, "InitiateMultipartUpload".
inline std::optional<service_error> finish_initiate_multipart_upload(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    if (must_not_overwrite(x))
        return errors::file_already_exists();
    upload_record upload;
    upload.id = x.state().new_upload_id();
    upload.key = r.key();
    upload.attributes = *std::move(attributes);
    upload.attributes.acl = "default";  // the ACL belongs to completion
    upload.initiated = r.received;
    upload.sequential = r.query.contains("sequential");
    upload.initiator = x.settings().owner;
    std::string const id = upload.id;
    if (auto done = x.objects().put_upload(r.bucket(), std::move(upload)); !done)
        return errors::internal(done.error());
    x.state().uploads.begin(id, r.bucket(), r.key());

    codec::xml_writer xml;
    xml.open("InitiateMultipartUploadResult");
    encoding->write_type(xml);
    xml.element("Bucket", r.bucket());
    encoding->element(xml, "Key", r.key());
    xml.element("UploadId", id);
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// The part number of the request. Errors: InvalidArgument.
inline service_result<unsigned> read_part_number(service_exchange& x)
{
    auto const text = x.request().query.get("partNumber");
    auto const number = parse_number(text);
    if (!number || *number < 1 || *number > most_parts)
        return errors::invalid_argument("partNumber", text,
                                        "Part number must be an integer between 1 and 10000, inclusive.");
    return static_cast<unsigned>(*number);
}

/// What UploadPart and UploadPartCopy check first. Errors: InvalidArgument, NoSuchUpload, InvalidPartOrder.
inline std::optional<service_error> check_part(service_exchange& x)
{
    auto const number = read_part_number(x);
    if (!number)
        return number.error();
    auto const upload = find_upload(x);
    if (!upload)
        return upload.error();
    if (auto const encryption = x.request().head->headers.find("x-oss-server-side-encryption"))
        return errors::invalid_argument("x-oss-server-side-encryption", *encryption,
                                        "x-oss-server-side-encryption is not accepted for a part.");
    // How the service refuses a part out of sequence is not documented.
    unsigned const last = (*upload)->parts.empty() ? 0 : (*upload)->parts.rbegin()->first;
    if ((*upload)->sequential && *number != last && *number != last + 1)
        return service_error(400, "InvalidPartOrder", "The parts of a sequential upload must come in order.");
    return std::nullopt;
}

inline std::optional<service_error> keep_part(service_exchange& x, stored_bytes const& stored)
{
    auto const upload = find_upload(x);  // it may have ended meanwhile
    if (!upload)
        return upload.error();
    auto const& r = x.request();
    part_record part;
    part.number = read_part_number(x).value();
    part.data.append(stored.data);
    part.etag = stored.etag;
    part.crc64 = stored.crc64;
    part.modified = r.received;
    unsigned const number = part.number;
    if (auto done = x.objects().put_part(r.bucket(), r.key(), (*upload)->id, std::move(part)); !done)
        return errors::internal(done.error());
    x.state().uploads.part((*upload)->id, number);
    return std::nullopt;
}

/// Source: OSS documentation, "UploadPart".
inline std::optional<service_error> begin_upload_part(service_exchange& x)
{
    if (auto bad = check_part(x))
        return bad;
    if (auto bad = check_traffic_limit(x.request()))
        return bad;
    return x.open_sink();
}

inline std::optional<service_error> finish_upload_part(service_exchange& x)
{
    auto const stored = x.close_sink();
    if (!stored)
        return stored.error();
    if (auto bad = keep_part(x, *stored))
        return bad;
    describe_stored(x.answer(), *stored);
    return std::nullopt;
}

/// Source: OSS documentation, "UploadPartCopy".
inline std::optional<service_error> finish_upload_part_copy(service_exchange& x)
{
    if (auto bad = check_part(x))
        return bad;
    auto const from = find_copy_source(x);
    if (!from)
        return from.error();
    if (from->object->type == object_type::appendable || from->object->type == object_type::symlink)
        return service_error(400, "OperationNotSupported", "The operation is not supported for this source object.");
    byte_range range{0, from->object->data.size()};
    auto const asked = x.request().head->headers.find("x-oss-copy-source-range");
    if (asked)
        range = parse_range(*asked, from->object->data.size()).value_or(range);
    if (range.length > x.settings().max_object_bytes)
        return errors::entity_too_large(range.length, x.settings().max_object_bytes);
    auto const stored = copy_bytes(x, *from->object, range);
    if (!stored)
        return stored.error();
    if (auto bad = keep_part(x, *stored))
        return bad;
    describe_stored(x.answer(), *stored);
    if (asked && range.length != 0)  // no range says that there is nothing
        x.answer().headers.set("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                    std::to_string(range.first + range.length - 1) + "/" +
                                                    std::to_string(from->object->data.size()));
    codec::xml_writer xml;
    xml.open("CopyPartResult");
    xml.element("LastModified", codec::iso_extended_ms(x.request().received));
    xml.element("ETag", '"' + stored->etag + '"');
    x.answer().xml(xml.finish());
    return std::nullopt;
}

namespace detail {

inline std::string_view without_quotes(std::string_view etag)
{
    auto const space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '"'; };
    while (!etag.empty() && space(etag.front()))
        etag.remove_prefix(1);
    while (!etag.empty() && space(etag.back()))
        etag.remove_suffix(1);
    return etag;
}

inline service_error part_error(char const* code, char const* message, upload_record const& upload,
                                std::string_view number, std::string_view etag)
{
    return service_error(400, code, message)
        .with("UploadId", upload.id)
        .with("PartNumber", std::string(number))
        .with("ETag", std::string(etag));
}

/// The parts that the request lists, in its order. Errors: MalformedXML, InvalidPartOrder, InvalidPart.
inline service_result<std::vector<part_record const*>> listed_parts(std::string_view text, upload_record const& upload)
{
    auto const document = codec::xml_document::parse(text);
    if (!document || document->root().name() != "CompleteMultipartUpload")
        return errors::malformed_xml();
    std::vector<part_record const*> out;
    std::uint64_t last = 0;
    for (auto const& part : document->root().children("Part")) {
        auto const number_text = part.child_text("PartNumber");
        auto const etag_text = part.child_text("ETag");
        auto const number = parse_number(without_quotes(number_text));
        if (!part.child("PartNumber") || !part.child("ETag"))
            return errors::malformed_xml();
        if (!number || *number < 1 || *number > most_parts || *number <= last)
            return part_error("InvalidPartOrder",
                              "The list of parts was not in ascending order. Parts list must specified in order by "
                              "part number.",
                              upload, number_text, etag_text);
        last = *number;
        auto const found = upload.parts.find(static_cast<unsigned>(*number));
        if (found == upload.parts.end() || !http::iequals(found->second.etag, without_quotes(etag_text)))
            return part_error("InvalidPart",
                              "One or more of the specified parts could not be found or the specified entity tag might "
                              "not have matched the part's entity tag.",
                              upload, number_text, etag_text);
        out.push_back(&found->second);
    }
    if (out.empty())
        return errors::malformed_xml();
    return out;
}

}  // namespace detail

/// Source: OSS documentation, "CompleteMultipartUpload".
inline std::optional<service_error> begin_complete_multipart_upload(service_exchange& x)
{
    if (auto const encoding = url_encoding::of(x.request()); !encoding)
        return encoding.error();
    if (auto const all = x.request().head->headers.find("x-oss-complete-all"); all && *all != "yes")
        return errors::invalid_argument("x-oss-complete-all", *all, "The value of x-oss-complete-all must be yes.");
    if (auto const acl = x.request().head->headers.find("x-oss-object-acl"))
        if (!emulation::detail::is_one_of(*acl, emulation::detail::object_acls))
            return errors::invalid_argument("x-oss-object-acl", *acl, "no such object access control exists");
    if (auto const upload = find_upload(x); !upload)
        return upload.error();
    return x.read_callback();
}

inline std::optional<service_error> finish_complete_multipart_upload(service_exchange& x)
{
    auto const& r = x.request();
    if (auto bad = x.check_text_digest())
        return bad;
    auto const found = find_upload(x);
    if (!found)
        return found.error();
    upload_record const& upload = **found;

    std::vector<part_record const*> parts;
    if (r.has_header("x-oss-complete-all")) {
        if (!x.text().empty())
            return errors::invalid_argument("x-oss-complete-all", "yes",
                                            "The body must be empty when x-oss-complete-all is specified.");
        for (auto const& [number, part] : upload.parts)
            parts.push_back(&part);
        if (parts.empty())
            return service_error(400, "FilePartNotExist", "The upload has no part.").with("UploadId", upload.id);
    } else {
        auto listed = detail::listed_parts(x.text(), upload);
        if (!listed)
            return listed.error();
        parts = *std::move(listed);
    }
    for (auto const* const part : parts)
        if (part != parts.back() && part->data.size() < least_part_bytes)
            return detail::part_error("EntityTooSmall",
                                      "Your proposed upload smaller than the minimum allowed size.", upload,
                                      std::to_string(part->number), part->etag)
                .with("MinSizeAllowed", std::to_string(least_part_bytes))
                .with("ProposedSize", std::to_string(part->data.size()));
    if (must_not_overwrite(x))
        return errors::file_already_exists();

    auto object = std::make_shared<object_record>();
    object->attributes = upload.attributes;
    if (auto const acl = r.head->headers.find("x-oss-object-acl"))
        object->attributes.acl = *acl;
    object->modified = r.received;
    object->type = object_type::multipart;
    std::string etags;
    for (auto const* const part : parts) {
        object->crc64 = crc64_combine(object->crc64, part->crc64, part->data.size());
        object->data.append(part->data);
        etags += part->etag;
    }
    auto const digest = codec::md5(etags);
    object->etag = codec::hex_encode_upper({reinterpret_cast<char const*>(digest.data()), digest.size()}) + "-" +
                   std::to_string(parts.size());
    std::string const id = upload.id;
    if (auto done = x.objects().complete_upload(r.bucket(), r.key(), id, object); !done)
        return errors::internal(done.error());
    x.state().uploads.end(id, upload_trace::fate::completed);

    auto& to = x.answer();
    to.headers.set("ETag", '"' + object->etag + '"');
    to.headers.set("x-oss-hash-crc64ecma", std::to_string(object->crc64));
    if (x.has_callback()) {
        x.call_back(*object);
        return std::nullopt;
    }
    auto const encoding = url_encoding::of(r).value();
    codec::xml_writer xml;
    xml.open("CompleteMultipartUploadResult");
    encoding.write_type(xml);
    xml.element("Location", r.url_of(r.bucket(), r.key()));
    xml.element("Bucket", r.bucket());
    encoding.element(xml, "Key", r.key());
    xml.element("ETag", '"' + object->etag + '"');
    to.xml(xml.finish());
    return std::nullopt;
}

/// Source: OSS documentation, "AbortMultipartUpload".
inline std::optional<service_error> finish_abort_multipart_upload(service_exchange& x)
{
    auto const& r = x.request();
    auto const upload = find_upload(x);
    if (!upload)
        return upload.error();
    std::string const id = (*upload)->id;
    if (auto done = x.objects().remove_upload(r.bucket(), r.key(), id); !done)
        return errors::internal(done.error());
    x.state().uploads.end(id, upload_trace::fate::aborted);
    x.answer().status = 204;
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
