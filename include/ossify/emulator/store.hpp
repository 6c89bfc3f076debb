#ifndef OSSIFY_EMULATOR_STORE_HPP
#define OSSIFY_EMULATOR_STORE_HPP

#include <ossify/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Bytes that were stored. They never change, and objects and parts may share them.
/// Thread safety: as the store that made it.
class blob {
public:
    blob() = default;
    blob(blob const&) = delete;
    blob& operator=(blob const&) = delete;
    virtual ~blob() = default;

    virtual std::uint64_t size() const noexcept = 0;

    /// Copies bytes from `offset` on. Returns how many: fewer than asked only at the end.
    virtual result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const = 0;

    /// Names the blob in the store's own records; empty when the store keeps no records.
    virtual std::string_view name() const noexcept { return {}; }
};

/// Takes in the bytes of one blob, in order. Destroying it before `finish` leaves nothing behind.
class blob_sink {
public:
    blob_sink() = default;
    blob_sink(blob_sink const&) = delete;
    blob_sink& operator=(blob_sink const&) = delete;
    virtual ~blob_sink() = default;

    virtual result<void> write(std::span<std::byte const> bytes) = 0;

    /// Makes the bytes last as long as this store makes anything last.
    virtual result<std::shared_ptr<blob const>> finish() = 0;
};

/// A sequence of blobs read as one: what an object holds. A multipart object holds the blobs of its parts.
class content {
public:
    content() = default;

    void append(std::shared_ptr<blob const> b)
    {
        if (!b || b->size() == 0)
            return;
        size_ += b->size();
        blobs_.push_back(std::move(b));
    }
    void append(content const& other)
    {
        for (auto const& b : other.blobs_)
            append(b);
    }

    std::uint64_t size() const noexcept { return size_; }
    std::vector<std::shared_ptr<blob const>> const& blobs() const noexcept { return blobs_; }

    /// Copies bytes from `offset` on. Returns how many: fewer than asked only at the end.
    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const
    {
        std::size_t done = 0;
        for (auto const& b : blobs_) {
            if (out.empty())
                break;
            if (offset >= b->size()) {
                offset -= b->size();
                continue;
            }
            auto const want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), b->size() - offset));
            auto const n = b->read_at(offset, out.first(want));
            if (!n)
                return n.error();
            done += *n;
            if (*n != want)
                break;
            out = out.subspan(*n);
            offset = 0;
        }
        return done;
    }

private:
    std::vector<std::shared_ptr<blob const>> blobs_;
    std::uint64_t size_ = 0;
};

class bucket_record;
class object_record;
class upload_record;
class part_record;

/// Where bytes and records live. The catalogue keeps every record in memory as well; a store that outlives the process
/// writes them down, and gives them back when it is opened again.
/// Errors: of every member: `store_failed` with the reason, which the service answers as InternalError.
/// Thread safety: not thread-safe; the service that owns it calls one member at a time.
class store {
public:
    store() = default;
    store(store const&) = delete;
    store& operator=(store const&) = delete;
    virtual ~store() = default;

    /// "memory", "discard" or "directory": for logs.
    virtual std::string_view kind() const noexcept = 0;
    /// False when bodies are thrown away, so that objects can be described but not read.
    virtual bool keeps_bytes() const noexcept { return true; }

    /// Calls `give` for each bucket that was there before, with its objects and uploads. Called once, at the start.
    virtual void recover(std::function<void(bucket_record&&)> const& /*give*/) {}

    /// Starts taking in bytes. `expected` is a hint, which may be wrong.
    virtual result<std::unique_ptr<blob_sink>> open_sink(std::optional<std::uint64_t> expected) = 0;

    /// Each `save_` and `forget_` returns when what it says would survive the end of the process. `replaced` is what
    /// the record takes the place of, or null.
    virtual result<void> save_bucket(bucket_record const&) { return {}; }
    virtual result<void> forget_bucket(std::string_view /*bucket*/) { return {}; }
    /// With the id of an upload, that upload is forgotten at the same moment; `forget_upload` follows, to clean up.
    virtual result<void> save_object(std::string_view /*bucket*/, std::string_view /*key*/, object_record const& /*made*/,
                                     object_record const* /*replaced*/, std::string_view /*completed_upload*/)
    {
        return {};
    }
    virtual result<void> forget_object(std::string_view /*bucket*/, std::string_view /*key*/, object_record const&)
    {
        return {};
    }
    /// Without its parts.
    virtual result<void> save_upload(std::string_view /*bucket*/, upload_record const&) { return {}; }
    virtual result<void> save_part(std::string_view /*bucket*/, upload_record const&, part_record const& /*made*/,
                                   part_record const* /*replaced*/)
    {
        return {};
    }
    /// With its parts.
    virtual result<void> forget_upload(std::string_view /*bucket*/, upload_record const&) { return {}; }
};

}  // namespace ossify::emulation

#endif
