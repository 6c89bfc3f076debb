#ifndef OSSIFY_EMULATOR_GET_OBJECT_HPP
#define OSSIFY_EMULATOR_GET_OBJECT_HPP

#include <ossify/codec/date.hpp>
#include <ossify/emulator/exchange.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation::operations {

/// A range of bytes within an object: [first, first + length).
struct byte_range {
    std::uint64_t first = 0;
    std::uint64_t length = 0;

    friend bool operator==(byte_range const&, byte_range const&) = default;
};

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`. Returns nothing when there is no such range in `size` bytes. A range that
/// begins inside but ends beyond is only one when `clip` is true: that is what `x-oss-range-behavior: standard` asks for.
/// Source: OSS documentation, "Range download".
inline std::optional<byte_range> parse_range(std::string_view text, std::uint64_t size, bool clip = false)
{
    if (!text.starts_with("bytes="))
        return std::nullopt;
    text.remove_prefix(6);
    auto const dash = text.find('-');
    if (dash == text.npos)
        return std::nullopt;
    auto const first = parse_number(text.substr(0, dash));
    auto const last = parse_number(text.substr(dash + 1));
    if (dash == 0) {
        if (!last || *last == 0 || size == 0 || (*last > size && !clip))
            return std::nullopt;
        std::uint64_t const n = std::min(*last, size);
        return byte_range{size - n, n};
    }
    if (!first || *first >= size)
        return std::nullopt;
    if (text.size() == dash + 1)
        return byte_range{*first, size - *first};
    if (!last || *last < *first || (*last >= size && !clip))
        return std::nullopt;
    return byte_range{*first, std::min(*last, size - 1) - *first + 1};
}

/// True when the header's list of ETags names this one, or all. Quotes do not matter.
inline bool names_etag(std::string_view list, std::string_view etag)
{
    while (!list.empty()) {
        auto const comma = list.find(',');
        std::string_view one = list.substr(0, comma);
        list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
        while (one.starts_with(' ') || one.starts_with('"'))
            one.remove_prefix(1);
        while (one.ends_with(' ') || one.ends_with('"'))
            one.remove_suffix(1);
        if (one == "*" || http::iequals(one, etag))
            return true;
    }
    return false;
}

enum class precondition { met, failed, not_modified };

/// Checks the four conditional headers, whose names begin with `prefix`: none, or "x-oss-copy-source-".
/// Source: OSS documentation, "GetObject" and "CopyObject".
inline precondition check_conditions(incoming_request const& r, std::string_view etag, service_time last_change,
                                     std::string_view prefix, std::string& failed)
{
    auto const header = [&](std::string_view name) { return r.head->headers.find(std::string(prefix).append(name)); };
    auto const modified = std::chrono::floor<std::chrono::seconds>(last_change);
    if (auto const list = header("If-Match"); list && !names_etag(*list, etag)) {
        failed = "If-Match";
        return precondition::failed;
    }
    if (auto const text = header("If-Unmodified-Since"))
        if (auto const when = codec::parse_http_date(*text); when && modified > *when) {
            failed = "If-Unmodified-Since";
            return precondition::failed;
        }
    if (auto const list = header("If-None-Match")) {
        if (names_etag(*list, etag))
            return precondition::not_modified;
    } else if (auto const text = header("If-Modified-Since")) {
        if (auto const when = codec::parse_http_date(*text); when && modified <= *when)
            return precondition::not_modified;
    }
    return precondition::met;
}

/// What GET and HEAD are about: the object, and for a symbolic link the object that it leads to.
class readable_object {
public:
    readable_object() = default;

    std::shared_ptr<object_record const> named;  ///< under the request's key
    std::shared_ptr<object_record const> bytes;  ///< whose bytes are meant

    service_time modified() const { return std::max(named->modified, bytes->modified); }
};

/// The headers that describe an object in the answers to GET and HEAD. What concerns its bytes is the target's, for a
/// symbolic link; the rest is the link's. Source: OSS documentation, "GetObject" and "HeadObject".
inline void describe_object(reply& to, readable_object const& object)
{
    auto const& named = *object.named;
    auto const& bytes = *object.bytes;
    to.headers.set("ETag", '"' + bytes.etag + '"');
    to.headers.set("Last-Modified", codec::http_date(std::chrono::floor<std::chrono::seconds>(object.modified())));
    to.headers.set("Content-Type", named.attributes.content_type);
    to.headers.set("Accept-Ranges", "bytes");
    to.headers.set("x-oss-object-type", to_string(named.type));
    to.headers.set("x-oss-hash-crc64ecma", std::to_string(bytes.crc64));
    to.headers.set("x-oss-storage-class", named.attributes.storage_class);
    if (!bytes.content_md5.empty())
        to.headers.set("Content-MD5", bytes.content_md5);
    if (named.type == object_type::appendable)
        to.headers.set("x-oss-next-append-position", std::to_string(named.data.size()));
    if (!named.attributes.tags.empty())
        to.headers.set("x-oss-tagging-count", std::to_string(named.attributes.tags.size()));
    for (auto const [name, value] : named.attributes.headers)
        to.headers.append(name, value);
}

/// Finds the object that GET and HEAD are about.
/// Errors: NoSuchKey, SymlinkTargetNotExist, InvalidTargetType, AccessDenied for a link's target.
inline service_result<readable_object> find_readable(service_exchange& x)
{
    auto const& r = x.request();
    readable_object out;
    out.named = x.objects().find_object(r.bucket(), r.key());
    if (!out.named)
        return errors::no_such_key(r.key());
    out.bytes = out.named;
    if (out.named->type == object_type::symlink) {
        auto const& target = out.named->symlink_target;
        out.bytes = x.objects().find_object(r.bucket(), target);
        if (!out.bytes)
            return service_error(404, "SymlinkTargetNotExist", "The symlink target object does not exist")
                .with("TargetKey", target);
        if (out.bytes->type == object_type::symlink)
            return service_error(400, "InvalidTargetType", "The symbolic's target file type is invalid.")
                .with("TargetKey", target);
        if (auto refused = x.check_access(right::read_object, r.bucket(), target))
            return *std::move(refused);
    }
    return out;
}

/// The answer to a condition that does not hold; nothing when all hold.
inline std::optional<service_error> refuse_conditions(service_exchange& x, readable_object const& object)
{
    std::string failed;
    switch (check_conditions(x.request(), object.bytes->etag, object.modified(), "", failed)) {
    case precondition::met: return std::nullopt;
    case precondition::failed: return errors::precondition_failed(failed);
    case precondition::not_modified: return service_error(304, "NotModified", "Not modified.");
    }
    return std::nullopt;
}

/// Source: OSS documentation, "GetObject".
inline std::optional<service_error> finish_get_object(service_exchange& x)
{
    auto const& r = x.request();
    auto const found = find_readable(x);
    if (!found)
        return found.error();
    if (auto refused = refuse_conditions(x, *found))
        return refused;
    auto const& object = found->bytes;
    std::uint64_t const size = object->data.size();
    if (x.settings().strict && object->attributes.storage_class.ends_with("Archive"))
        return service_error(403, "InvalidObjectState", "The operation is not valid for the object's storage class.")
            .because("an object of class " + object->attributes.storage_class + " must be restored before it is read");
    if (!x.objects().bytes().keeps_bytes() && size != 0)
        return service_error(400, "NotImplemented", "This emulator was started to discard the bytes of objects.");

    auto& to = x.answer();
    describe_object(to, *found);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides{{
        {"response-content-type", "Content-Type"},
        {"response-content-language", "Content-Language"},
        {"response-expires", "Expires"},
        {"response-cache-control", "Cache-Control"},
        {"response-content-disposition", "Content-Disposition"},
        {"response-content-encoding", "Content-Encoding"},
    }};
    for (auto const& [item, header] : overrides)
        if (auto const value = r.query.find(item)) {
            if (x.who().anonymous())
                return service_error(400, "InvalidRequest", "Request specific response headers cannot be used for "
                                                            "anonymous GET requests.");
            if (!http::is_valid_value(*value))
                return errors::invalid_argument(item, *value, "The value cannot be a header.");
            to.headers.set(header, *value);
        }
    byte_range wanted{0, size};
    if (auto const text = r.head->headers.find("Range")) {
        bool const standard = r.header("x-oss-range-behavior") == "standard";
        if (auto const range = parse_range(*text, size, standard)) {
            wanted = *range;
            to.status = 206;
            to.headers.set("Content-Range", "bytes " + std::to_string(wanted.first) + "-" +
                                                std::to_string(wanted.first + wanted.length - 1) + "/" +
                                                std::to_string(size));
        } else if (standard) {
            return service_error(416, "InvalidRange", "The requested range cannot be satisfied.")
                .with("ActualObjectSize", std::to_string(size))
                .with("RangeRequested", std::string(*text));
        }
    }
    to.object = object;
    to.first = wanted.first;
    to.length = wanted.length;
    return std::nullopt;
}

/// Source: OSS documentation, "HeadObject".
inline std::optional<service_error> finish_head_object(service_exchange& x)
{
    auto const found = find_readable(x);
    if (!found)
        return found.error();
    if (auto refused = refuse_conditions(x, *found))
        return refused;
    describe_object(x.answer(), *found);
    x.answer().headers.set("Content-Length", std::to_string(found->bytes->data.size()));
    return std::nullopt;
}

/// Source: OSS documentation, "GetObjectMeta".
inline std::optional<service_error> finish_get_object_meta(service_exchange& x)
{
    auto const object = x.objects().find_object(x.request().bucket(), x.request().key());
    if (!object)
        return errors::no_such_key(x.request().key());
    auto& to = x.answer();
    to.headers.set("ETag", '"' + object->etag + '"');
    to.headers.set("Last-Modified", codec::http_date(std::chrono::floor<std::chrono::seconds>(object->modified)));
    to.headers.set("x-oss-hash-crc64ecma", std::to_string(object->crc64));
    if (x.request().is_head())
        to.headers.set("Content-Length", std::to_string(object->data.size()));
    return std::nullopt;
}

/// Source: OSS documentation, "DeleteObject".
inline std::optional<service_error> finish_delete_object(service_exchange& x)
{
    auto done = x.objects().remove_object(x.request().bucket(), x.request().key());
    if (!done)
        return errors::internal(done.error());
    x.answer().status = 204;
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
