#ifndef OSSIFY_EMULATOR_DIRECTORY_STORE_HPP
#define OSSIFY_EMULATOR_DIRECTORY_STORE_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/core/result.hpp>
#include <ossify/emulator/data_folder.hpp>
#include <ossify/emulator/file_blob.hpp>
#include <ossify/emulator/folder_recovery.hpp>
#include <ossify/emulator/record_text.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/emulator/store.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Keeps everything in a folder, and loses nothing that it has confirmed when the process is killed or the power fails.
///
///     FORMAT                                  tells such a folder from others
///     lock                                    held by the process that uses it
///     blobs/<32 hex digits>                   the bytes of an object or a part
///     buckets/<bucket>/bucket.json
///     buckets/<bucket>/objects/<SHA-256 of the key>.json
///     buckets/<bucket>/uploads/<upload id>/upload.json, <part number>.json
///
/// A blob is on the disk before the record that names it; the record takes its name by a rename, which is the moment at
/// which the object is stored or replaced. Keys may hold any bytes, so that no file is named after one. The bytes of
/// objects stay on the disk; the records are also in memory. A request waits for the disk on the executor of the
/// emulator: small records, and for bodies never more than a few MiB at once (`file_sink`), which keeps the order of
/// everything simple and costs other requests milliseconds.
/// Thread safety: as `store`; blobs are read from anywhere.
class directory_store final : public store {
public:
    /// Opens a folder, makes it when it is not there, and removes what a killed process left half-written.
    /// Errors: `invalid_config` when another emulator uses it, or when it holds other files; `store_failed`.
    static result<std::shared_ptr<directory_store>> open(std::filesystem::path const& folder)
    {
        std::error_code ec;
        std::filesystem::create_directories(folder, ec);
        if (ec)
            return durable::failed("make", folder, ec.value());
        auto const above = std::filesystem::absolute(folder, ec).lexically_normal().parent_path();
        if (auto lasts = durable::sync_folder(above); !lasts)
            return lasts.error();
        bool const fresh = !std::filesystem::exists(folder / "FORMAT", ec);
        if (fresh && holds_other_files(folder))
            return failure(errc::invalid_config, "the folder \"" + folder.string() +
                                                     "\" holds other files: give an empty one, or one of an emulator");
        auto lock = durable::folder_lock::take(folder / "lock");
        if (!lock)
            return lock.error();
        if (fresh) {
            for (char const* const name : {"blobs", "buckets"})
                if (auto made = durable::make_folder(folder / name); !made)
                    return made.error();
            if (auto made = durable::write_file(folder / "FORMAT", format); !made)
                return made.error();
        } else if (auto const found = durable::read_file(folder / "FORMAT"); !found || *found != format) {
            return failure(errc::invalid_config, "the folder \"" + folder.string() +
                                                     "\" was written by another version of the emulator");
        }
        std::shared_ptr<directory_store> made(new directory_store(folder, *std::move(lock)));
        folder_recovery recovery(folder);
        if (auto done = recovery.run(); !done)
            return done.error();
        made->recovered_ = std::move(recovery.buckets);
        made->notices_ = std::move(recovery.notices);
        return made;
    }

    /// What was damaged when the folder was opened, in words for its owner; empty when all is well.
    std::vector<std::string> const& notices() const noexcept { return notices_; }

    std::string_view kind() const noexcept override { return "directory"; }

    void recover(std::function<void(bucket_record&&)> const& give) override
    {
        for (auto& bucket : std::exchange(recovered_, {}))
            give(std::move(bucket));
    }

    result<std::unique_ptr<blob_sink>> open_sink(std::optional<std::uint64_t>) override
    {
        return std::unique_ptr<blob_sink>(std::make_unique<file_sink>(folder_ / "blobs"));
    }

    result<void> save_bucket(bucket_record const& bucket) override
    {
        auto const at = folder_of(bucket.name);
        for (auto const& path : {at, at / "objects", at / "uploads"})
            if (auto made = durable::make_folder(path); !made)
                return made;
        return durable::write_file(at / "bucket.json", to_text(bucket));
    }

    result<void> forget_bucket(std::string_view bucket) override
    {
        if (auto done = durable::remove_file(folder_of(bucket) / "bucket.json"); !done)
            return done;
        std::error_code ignored;  // without its record the rest is nothing, and goes at the next start
        std::filesystem::remove_all(folder_of(bucket), ignored);
        return {};
    }

    result<void> save_object(std::string_view bucket, std::string_view key, object_record const& made,
                             object_record const* replaced, std::string_view completed_upload) override
    {
        auto const done = durable::write_file(path_of(bucket, key), to_text(key, made, completed_upload));
        return named(done, made.data, replaced != nullptr ? &replaced->data : nullptr);
    }

    result<void> forget_object(std::string_view bucket, std::string_view key, object_record const& object) override
    {
        if (auto done = durable::remove_file(path_of(bucket, key)); !done)
            return done;
        for (auto const& b : object.data.blobs())
            static_cast<file_blob const&>(*b).remove_record();
        return {};
    }

    result<void> save_upload(std::string_view bucket, upload_record const& upload) override
    {
        auto const at = folder_of(bucket) / "uploads" / upload.id;
        if (auto made = durable::make_folder(at); !made)
            return made;
        return durable::write_file(at / "upload.json", to_text(upload));
    }

    result<void> save_part(std::string_view bucket, upload_record const& upload, part_record const& made,
                           part_record const* replaced) override
    {
        auto const at = folder_of(bucket) / "uploads" / upload.id / (std::to_string(made.number) + ".json");
        return named(durable::write_file(at, to_text(made)), made.data, replaced != nullptr ? &replaced->data : nullptr);
    }

    result<void> forget_upload(std::string_view bucket, upload_record const& upload) override
    {
        auto const at = folder_of(bucket) / "uploads" / upload.id;
        if (auto done = durable::remove_file(at / "upload.json"); !done)
            return done;
        std::error_code ignored;  // parts without an upload are nothing, and go at the next start
        std::filesystem::remove_all(at, ignored);
        for (auto const& entry : upload.parts)
            for (auto const& b : entry.second.data.blobs())
                static_cast<file_blob const&>(*b).remove_record();
        return {};
    }

private:
    static constexpr std::string_view format = "ossify emulator 1\n";

    directory_store(std::filesystem::path folder, durable::folder_lock lock)
        : folder_(std::move(folder)), lock_(std::move(lock))
    {
    }

    static bool holds_other_files(std::filesystem::path const& folder)
    {
        std::error_code ec;
        for (auto const& entry : std::filesystem::directory_iterator(folder, ec)) {
            auto const name = entry.path().filename().string();
            if (name != "lock" && name != "blobs" && name != "buckets" && name != "FORMAT.tmp")
                return true;
        }
        return false;
    }

    std::filesystem::path folder_of(std::string_view bucket) const { return folder_ / "buckets" / bucket; }
    std::filesystem::path path_of(std::string_view bucket, std::string_view key) const
    {
        return folder_of(bucket) / "objects" / object_file_name(key);
    }

    /// Notes which blobs the records on the disk name. A record whose saving failed may be there all the same, so that
    /// its blobs stay.
    static result<void> named(result<void> const& saved, content const& made, content const* replaced)
    {
        for (auto const& b : made.blobs())
            static_cast<file_blob const&>(*b).add_record();
        if (saved && replaced != nullptr)
            for (auto const& b : replaced->blobs())
                static_cast<file_blob const&>(*b).remove_record();
        return saved;
    }

    std::filesystem::path folder_;
    durable::folder_lock lock_;
    std::vector<bucket_record> recovered_;
    std::vector<std::string> notices_;
};

}  // namespace ossify::emulation

#endif
