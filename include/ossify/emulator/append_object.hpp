#ifndef OSSIFY_EMULATOR_APPEND_OBJECT_HPP
#define OSSIFY_EMULATOR_APPEND_OBJECT_HPP

#include <ossify/codec/crc64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/put_object.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ossify::emulation::operations {

namespace detail {

/// Checks that bytes may be appended where the request says. Returns the object as it is, null when there is none.
/// Errors: InvalidArgument, ObjectNotAppendable, PositionNotEqualToLength with the right position in a header.
inline service_result<std::shared_ptr<object_record const>> find_appendable(service_exchange& x)
{
    auto const& r = x.request();
    auto const text = r.query.get("position");
    auto const position = parse_number(text);
    if (!position)
        return errors::invalid_argument("position", text, "The append position must be a number of bytes.");
    auto object = x.objects().find_object(r.bucket(), r.key());
    if (object && object->type != object_type::appendable)
        return service_error(409, "ObjectNotAppendable", "The object is not appendable")
            .because("the object is of type " + std::string(to_string(object->type)) +
                     "; only what began with AppendObject can be appended to");
    std::uint64_t const length = object ? object->data.size() : 0;
    if (*position != length)
        return service_error(409, "PositionNotEqualToLength", "Position is not equal to file length")
            .with_header("x-oss-next-append-position", std::to_string(length))
            .with_header("x-oss-hash-crc64ecma", std::to_string(object ? object->crc64 : 0))
            .because("position " + std::string(text) + ", but the object has " + std::to_string(length) + " bytes");
    return object;
}

}  // namespace detail

/// Only the first of the appended pieces may bring metadata. How the service refuses it later is not documented.
/// Source: OSS documentation, "AppendObject".
inline std::optional<service_error> begin_append_object(service_exchange& x)
{
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    if (auto bad = check_traffic_limit(x.request()))
        return bad;
    auto const found = detail::find_appendable(x);
    if (!found)
        return found.error();
    for (auto const [name, value] : attributes->headers)
        if (*found && name.starts_with("x-oss-meta-"))
            return errors::invalid_argument(name, value, "User metadata is only accepted by the first append.");
    x.attributes = *std::move(attributes);
    return x.open_sink();
}

inline std::optional<service_error> finish_append_object(service_exchange& x)
{
    auto stored = x.close_sink();
    if (!stored)
        return stored.error();
    auto const found = detail::find_appendable(x);  // another piece may have come meanwhile
    if (!found)
        return found.error();
    auto const& r = x.request();
    auto const& old = *found;
    std::uint64_t const length = (old ? old->data.size() : 0) + stored->size;
    if (length > x.settings().max_object_bytes)
        return errors::entity_too_large(length, x.settings().max_object_bytes);
    auto object = old ? std::make_shared<object_record>(*old) : std::make_shared<object_record>();
    if (!old || stored->size != 0) {  // nothing appended changes nothing
        if (!old)
            object->attributes = std::move(x.attributes);
        object->type = object_type::appendable;
        object->data.append(stored->data);
        object->crc64 = crc64_combine(object->crc64, stored->crc64, stored->size);
        auto const digest = codec::md5(object->etag + stored->etag);  // an ETag is no MD5 of an appendable object
        object->etag = codec::hex_encode_upper({reinterpret_cast<char const*>(digest.data()), digest.size()});
        object->modified = r.received;
        if (auto done = x.objects().put_object(r.bucket(), r.key(), object); !done)
            return errors::internal(done.error());
    }
    auto& to = x.answer().headers;
    to.set("ETag", '"' + object->etag + '"');
    to.set("x-oss-hash-crc64ecma", std::to_string(object->crc64));
    to.set("x-oss-next-append-position", std::to_string(length));
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
