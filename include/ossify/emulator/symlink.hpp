#ifndef OSSIFY_EMULATOR_SYMLINK_HPP
#define OSSIFY_EMULATOR_SYMLINK_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/put_object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// Symbolic links. Reading through one is part of GetObject and HeadObject.
namespace ossify::emulation::operations {

/// The target need not exist, and is not looked at before somebody reads through the link.
/// Source: OSS documentation, "PutSymlink".
inline std::optional<service_error> finish_put_symlink(service_exchange& x)
{
    auto const& r = x.request();
    auto const text = r.header("x-oss-symlink-target");
    auto const target = codec::percent_decode(text);
    if (text.empty() || !target)
        return errors::invalid_argument("x-oss-symlink-target", text,
                                        "The target of a symlink must be a percent-encoded object name.");
    if (auto bad = errors::bad_object_name(*target))
        return bad;
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    if (must_not_overwrite(x))
        return errors::file_already_exists();
    auto object = std::make_shared<object_record>();
    object->attributes = *std::move(attributes);
    object->type = object_type::symlink;
    object->symlink_target = *target;
    auto const digest = codec::md5(*target);  // what the service's ETag of a link is made from is not documented
    object->etag = codec::hex_encode_upper({reinterpret_cast<char const*>(digest.data()), digest.size()});
    object->modified = r.received;
    if (auto done = x.objects().put_object(r.bucket(), r.key(), object); !done)
        return errors::internal(done.error());
    x.answer().headers.set("ETag", '"' + object->etag + '"');
    return std::nullopt;
}

/// Source: OSS documentation, "GetSymlink".
inline std::optional<service_error> finish_get_symlink(service_exchange& x)
{
    auto const& r = x.request();
    auto const object = x.objects().find_object(r.bucket(), r.key());
    if (!object)
        return errors::no_such_key(r.key());
    if (object->type != object_type::symlink)
        return service_error(400, "NotSymlink", "The object is not symlink.");
    auto& to = x.answer().headers;
    to.set("x-oss-symlink-target", codec::percent_encode_path(object->symlink_target));
    to.set("ETag", '"' + object->etag + '"');
    to.set("Last-Modified", codec::http_date(std::chrono::floor<std::chrono::seconds>(object->modified)));
    for (auto const [name, value] : object->attributes.headers)
        if (name.starts_with("x-oss-meta-"))
            to.append(name, value);
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
