#ifndef OSSIFY_EMULATOR_FILE_BLOB_HPP
#define OSSIFY_EMULATOR_FILE_BLOB_HPP

#include <ossify/codec/random.hpp>
#include <ossify/core/result.hpp>
#include <ossify/emulator/data_folder.hpp>
#include <ossify/emulator/store.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

namespace ossify::emulation {

/// Bytes in a file of their own. The file goes with the last holder of the blob, unless a record on the disk names it.
/// Thread safety: a monitor.
class file_blob final : public blob {
public:
    file_blob(std::filesystem::path path, std::uint64_t bytes)
        : path_(std::move(path)), name_(path_.filename().string()), size_(bytes)
    {
    }
    ~file_blob() override
    {
        if (records_ == 0 && size_ != 0)
            ::unlink(path_.c_str());
    }

    std::uint64_t size() const noexcept override { return size_; }
    std::string_view name() const noexcept override { return name_; }

    /// Opens the file for each call, so that a store of many objects needs no open file for each.
    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override
    {
        if (offset >= size_ || out.empty())
            return std::size_t{0};
        durable::descriptor const in(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!in)
            return durable::failed("open", path_);
        std::size_t done = 0;
        while (done != out.size()) {
            ::ssize_t const got = ::pread(in.get(), out.data() + done, out.size() - done,
                                          static_cast<::off_t>(offset + done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return durable::failed("read", path_);
            if (got == 0)
                break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    /// A record on the disk names the blob, or does so no longer.
    void add_record() const noexcept { ++records_; }
    void remove_record() const noexcept { --records_; }

private:
    std::filesystem::path path_;
    std::string name_;
    std::uint64_t size_;
    mutable std::atomic<unsigned> records_{0};
};

/// Writes a new file of a random name into a folder.
class file_sink final : public blob_sink {
public:
    explicit file_sink(std::filesystem::path const& folder)
        : folder_(folder), path_(folder / codec::hex_encode_lower(random_name()))
    {
    }
    ~file_sink() override
    {
        if (out_)
            ::unlink(path_.c_str());
    }

    result<void> write(std::span<std::byte const> bytes) override
    {
        if (bytes.empty())
            return {};
        if (!out_)
            out_ = durable::descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!out_)
            return durable::failed("create", path_);
        std::string_view const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        if (auto done = durable::write_all(out_, text, path_); !done)
            return done;
        size_ += bytes.size();
        return flush_behind();
    }

    /// An empty blob has no file.
    result<std::shared_ptr<blob const>> finish() override
    {
        if (out_ && ::fsync(out_.get()) != 0)
            return durable::failed("sync", path_);
        if (out_)
            if (auto done = durable::sync_folder(folder_); !done)
                return done.error();
        auto made = std::make_shared<file_blob>(path_, size_);
        out_ = durable::descriptor();
        return std::shared_ptr<blob const>(std::move(made));
    }

private:
    static constexpr std::uint64_t window = 8 << 20;

    static std::string random_name()
    {
        std::string raw(16, '\0');
        codec::fill_random(std::as_writable_bytes(std::span(raw)));
        return raw;
    }

    /// Sends what was written to the disk a window behind the writer: however large the body, no single call waits for
    /// more than two windows, and the sync at the end has little left to do.
    result<void> flush_behind()
    {
#ifdef SYNC_FILE_RANGE_WRITE
        while (size_ - started_ >= window) {
            auto const at = static_cast<::off_t>(started_);
            constexpr auto bytes = static_cast<::off_t>(window);
            constexpr unsigned wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
            int failed = ::sync_file_range(out_.get(), at, bytes, SYNC_FILE_RANGE_WRITE);
            if (failed == 0 && started_ != 0)
                failed = ::sync_file_range(out_.get(), at - bytes, bytes, wait);
            // The kernel tells of a failed write once, here or to the sync at the end.
            if (failed != 0 && errno != EINVAL && errno != ENOSYS && errno != ESPIPE)
                return durable::failed("write", path_);
            started_ += window;
        }
#endif
        return {};
    }

    std::filesystem::path folder_;
    std::filesystem::path path_;
    durable::descriptor out_;
    std::uint64_t size_ = 0;
    std::uint64_t started_ = 0;
};

}  // namespace ossify::emulation

#endif
