#ifndef OSSIFY_EMULATOR_COPY_SOURCE_HPP
#define OSSIFY_EMULATOR_COPY_SOURCE_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/get_object.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation::operations {

/// The object that a copy takes its bytes from.
class copy_source {
public:
    copy_source() = default;

    std::string bucket;
    std::string key;
    std::shared_ptr<object_record const> object;
};

/// Finds what x-oss-copy-source names, `/bucket/key` with the key percent-encoded, and checks the conditions.
/// Errors: InvalidArgument, AccessDenied, NoSuchBucket, NoSuchKey, PreconditionFailed, 304; NotImplemented for versions.
/// Source: OSS documentation, "CopyObject" and "UploadPartCopy".
inline service_result<copy_source> find_copy_source(service_exchange& x)
{
    std::string_view text = x.request().header("x-oss-copy-source");
    auto const bad = [&] {
        return errors::invalid_argument("x-oss-copy-source", x.request().header("x-oss-copy-source"),
                                        "Copy Source must mention the source bucket and key: "
                                        "/sourcebucket/sourcekey.");
    };
    if (text.find("?versionId=") != text.npos)
        return errors::not_implemented_header("x-oss-copy-source");
    if (text.starts_with('/'))
        text.remove_prefix(1);
    auto const slash = text.find('/');
    if (slash == text.npos || slash == 0 || slash + 1 == text.size())
        return bad();
    auto key = codec::percent_decode(text.substr(slash + 1));
    if (!key)
        return bad();
    copy_source out;
    out.bucket = text.substr(0, slash);
    out.key = *std::move(key);
    if (x.objects().find_bucket(out.bucket) == nullptr)
        return errors::no_such_bucket(out.bucket);
    if (auto refused = x.check_access(right::read_object, out.bucket, out.key))
        return *std::move(refused);
    out.object = x.objects().find_object(out.bucket, out.key);
    if (!out.object)
        return errors::no_such_key(out.key);
    std::string failed;
    switch (check_conditions(x.request(), out.object->etag, out.object->modified, "x-oss-copy-source-", failed)) {
    case precondition::met: break;
    case precondition::failed: return errors::precondition_failed("x-oss-copy-source-" + failed);
    case precondition::not_modified: return service_error(304, "NotModified", "Not modified.");
    }
    return out;
}

/// Stores a range of an object's bytes once more. A store without bytes can only copy whole objects.
/// Errors: InternalError, NotImplemented.
inline service_result<stored_bytes> copy_bytes(service_exchange& x, object_record const& from, byte_range range)
{
    auto& store = x.objects().bytes();
    if (!store.keeps_bytes()) {
        if (range.length != from.data.size())
            return service_error(400, "NotImplemented", "This emulator was started to discard the bytes of objects.");
        auto sink = store.open_sink(range.length);
        if (!sink)
            return errors::internal(sink.error());
        stored_bytes out;
        out.size = range.length;
        out.crc64 = from.crc64;
        out.etag = from.etag;
        std::vector<std::byte> const nothing(static_cast<std::size_t>(std::min<std::uint64_t>(range.length, 1 << 20)));
        for (std::uint64_t left = range.length; left != 0;) {
            auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left, nothing.size()));
            if (auto done = (*sink)->write(std::span(nothing).first(n)); !done)
                return errors::internal(done.error());
            left -= n;
        }
        auto data = (*sink)->finish();
        if (!data)
            return errors::internal(data.error());
        out.data = *std::move(data);
        return out;
    }
    auto sink = upload_sink::open(store, range.length, true);
    if (!sink)
        return errors::internal(sink.error());
    std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(range.length, 1 << 20)));
    while (range.length != 0) {
        auto const into = std::span(piece).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(range.length, piece.size())));
        auto const read = from.data.read_at(range.first, into);
        if (!read)
            return errors::internal(read.error());
        if (*read != into.size())
            return errors::internal(failure(errc::store_failed, "the source ends early"));
        if (auto done = sink->write(into); !done)
            return errors::internal(done.error());
        range.first += into.size();
        range.length -= into.size();
    }
    auto stored = sink->finish();
    if (!stored)
        return errors::internal(stored.error());
    return *std::move(stored);
}

}  // namespace ossify::emulation::operations

#endif
