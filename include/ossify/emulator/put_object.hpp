#ifndef OSSIFY_EMULATOR_PUT_OBJECT_HPP
#define OSSIFY_EMULATOR_PUT_OBJECT_HPP

#include <ossify/emulator/exchange.hpp>

#include <memory>
#include <string>
#include <utility>

/// The operations on the emulated service: `begin` runs when the head of a request is there and may refuse it, `finish`
/// when the body is. A begin that neither refuses nor opens a sink leaves everything to its finish.
namespace ossify::emulation::operations {

/// True when the request forbids overwriting and there is something to overwrite.
inline bool must_not_overwrite(service_exchange& x)
{
    auto const& r = x.request();
    return r.header("x-oss-forbid-overwrite") == "true" && x.objects().find_object(r.bucket(), r.key());
}

/// What the request says about the object that it makes, whose storage class is the bucket's where it names none.
/// Errors: those of `read_attributes`.
inline service_result<object_attributes> read_new_attributes(service_exchange& x)
{
    auto out = read_attributes(x.request());
    if (out && !x.request().has_header("x-oss-storage-class"))
        out->storage_class = x.objects().find_bucket(x.request().bucket())->storage_class;
    return out;
}

/// The headers with which the service describes what it stored.
inline void describe_stored(reply& to, stored_bytes const& stored)
{
    to.headers.set("ETag", '"' + stored.etag + '"');
    to.headers.set("x-oss-hash-crc64ecma", std::to_string(stored.crc64));
    if (!stored.content_md5.empty())
        to.headers.set("Content-MD5", stored.content_md5);
}

/// Source: OSS documentation, "PutObject".
inline std::optional<service_error> begin_put_object(service_exchange& x)
{
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    x.attributes = *std::move(attributes);
    if (auto bad = check_traffic_limit(x.request()))
        return bad;
    if (auto bad = x.read_callback())
        return bad;
    if (must_not_overwrite(x))
        return errors::file_already_exists();
    return x.open_sink();
}

inline std::optional<service_error> finish_put_object(service_exchange& x)
{
    auto stored = x.close_sink();
    if (!stored)
        return stored.error();
    if (must_not_overwrite(x))  // it may have come meanwhile
        return errors::file_already_exists();
    auto const& r = x.request();
    auto object = std::make_shared<object_record>();
    object->attributes = std::move(x.attributes);
    object->data.append(std::move(stored->data));
    object->etag = stored->etag;
    object->content_md5 = stored->content_md5;
    object->crc64 = stored->crc64;
    object->modified = r.received;
    if (auto done = x.objects().put_object(r.bucket(), r.key(), object); !done)
        return errors::internal(done.error());
    describe_stored(x.answer(), *stored);
    if (x.has_callback())
        x.call_back(*object);
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
