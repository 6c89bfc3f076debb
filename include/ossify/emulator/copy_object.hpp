#ifndef OSSIFY_EMULATOR_COPY_OBJECT_HPP
#define OSSIFY_EMULATOR_COPY_OBJECT_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/copy_source.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/put_object.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation::operations {

inline constexpr std::uint64_t most_copied_bytes = std::uint64_t{1} << 30;  ///< by one CopyObject

namespace detail {

/// A directive says whether something is copied from the source or replaced by what the request says.
/// Errors: InvalidArgument for a value that is neither.
inline service_result<bool> replaces(incoming_request const& r, std::string_view header)
{
    auto const value = r.head->headers.find(header);
    if (!value || http::iequals(*value, "COPY"))
        return false;
    if (http::iequals(*value, "REPLACE"))
        return true;
    return errors::invalid_argument(header, *value, "The directive must be COPY or REPLACE.");
}

/// What a source gives to its copy: content headers and user metadata, but neither its ACL nor its storage class nor
/// its encryption, which the request or the bucket decides.
inline void copy_metadata(object_attributes const& from, object_attributes& to)
{
    http::fields headers;
    for (auto const [name, value] : from.headers)
        if (!name.starts_with("x-oss-server-side-"))
            headers.append(name, value);
    for (auto const [name, value] : to.headers)
        if (name.starts_with("x-oss-server-side-"))
            headers.append(name, value);
    to.headers = std::move(headers);
    to.content_type = from.content_type;
}

}  // namespace detail

/// An object copied onto itself keeps its bytes and its ACL, and takes all metadata from the request, whatever the
/// directive says. Source: OSS documentation, "CopyObject" and, for appendable objects, "AppendObject".
inline std::optional<service_error> finish_copy_object(service_exchange& x)
{
    auto const& r = x.request();
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    auto const replace_metadata = detail::replaces(r, "x-oss-metadata-directive");
    if (!replace_metadata)
        return replace_metadata.error();
    auto const replace_tags = detail::replaces(r, "x-oss-tagging-directive");
    if (!replace_tags)
        return replace_tags.error();
    auto const from = find_copy_source(x);
    if (!from)
        return from.error();
    object_record const& source = *from->object;
    bool const onto_itself = from->bucket == r.bucket() && from->key == r.key();
    if (source.type == object_type::appendable && !onto_itself)
        return service_error(400, "OperationNotSupported", "The operation is not supported for this resource.")
            .because("an appendable object can only be copied onto itself");
    if (source.data.size() > most_copied_bytes)
        return service_error(400, "EntityTooLarge", "Source object Length exceeds the maximum allowed size.")
            .with("MaxSizeAllowed", std::to_string(most_copied_bytes))
            .with("ProposedSize", std::to_string(source.data.size()));
    if (must_not_overwrite(x))
        return errors::file_already_exists();

    auto object = std::make_shared<object_record>(source);  // the bytes never change, so that both may have them
    if (!*replace_metadata && !onto_itself)
        detail::copy_metadata(source.attributes, *attributes);
    if (!*replace_tags)
        attributes->tags = source.attributes.tags;
    if (onto_itself && !r.has_header("x-oss-object-acl"))
        attributes->acl = source.attributes.acl;
    object->attributes = *std::move(attributes);
    object->modified = r.received;
    if (auto done = x.objects().put_object(r.bucket(), r.key(), object); !done)
        return errors::internal(done.error());

    auto& to = x.answer();
    to.headers.set("ETag", '"' + object->etag + '"');
    to.headers.set("x-oss-hash-crc64ecma", std::to_string(object->crc64));
    if (auto const encryption = object->attributes.headers.find("x-oss-server-side-encryption"))
        to.headers.set("x-oss-server-side-encryption", *encryption);
    codec::xml_writer xml;
    xml.open("CopyObjectResult");
    xml.element("ETag", '"' + object->etag + '"');
    xml.element("LastModified", codec::iso_extended_ms(object->modified));
    to.xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
