#ifndef OSSIFY_BODY_FILE_HPP
#define OSSIFY_BODY_FILE_HPP

#include <ossify/async/offload.hpp>
#include <ossify/body/direct_file.hpp>
#include <ossify/body/mapped_file.hpp>
#include <ossify/body/source.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace ossify {

/// What tells one state of a file from another.
class file_identity {
public:
    file_identity() = default;

    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;          ///< bytes
    std::int64_t modified_ns = 0;    ///< since the epoch

    friend bool operator==(file_identity const&, file_identity const&) = default;
};

/// How the bytes of a file get to the connection.
enum class file_reading {
    /// Read into memory, summed and sent.
    copy,
    /// Sent by the kernel with sendfile(2), which saves copying it: over plain HTTP, where the file can be held under a read
    /// lease, and what of it is in the page cache; else as above. Measure whether it is worth it: the newer the processor,
    /// the less. While it is sent, whoever opens it for writing or cuts it waits, up to 45 s
    /// (`/proc/sys/fs/lease-break-time`), this program's own event loop included; from then on it is copied. Who holds it
    /// open for writing already keeps it from being leased. Without a checksum (`check_crc64(false)`) there is no lease:
    /// what is written meanwhile is sent as it comes, and the event loop may wait for the disk.
    sendfile,
};

namespace detail {

struct file_reads {
    static std::size_t threads() { return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 4); }
};

}  // namespace detail

/// A regular file, opened once and read at any offset. Models `body_source`.
/// Bytes in the page cache are read at once; a read that would wait for the disk goes to a helper thread, and so do those
/// that follow, so the event loop does not stall on it. Of files from 4 MiB on, most of that is read around the page cache
/// (O_DIRECT) where the file system has this and can tell what is in the cache: the cache keeps what it has, and the next
/// upload of the file reads it again. Up to 8 MiB of memory go into these reads, for all files of the process.
class file_source {
public:
    /// Errors: `source_failed` when it cannot be opened, is no regular file, or does not tell its size.
    static result<file_source> open(std::filesystem::path const& path, file_reading how = file_reading::copy)
    {
        // without O_NONBLOCK, opening a named pipe waits until somebody writes to it
        int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            return failure(errc::source_failed, "cannot open \"" + path.string() + "\": " + text_of_errno(errno));
        file_source made(fd, path.string());
        auto identity = made.look();
        if (!identity)
            return std::move(identity).error();
        made.shared_->identity = *identity;
        if (char byte = 0; identity->size == 0) {
            ::ssize_t const got = ::pread(fd, &byte, 1, 0);
            if (got < 0)
                return failure(errc::source_failed, "cannot read \"" + path.string() + "\": " + text_of_errno(errno));
            if (got > 0)
                return failure(errc::source_failed, "\"" + path.string() +
                                                        "\" does not tell its size, as files in /proc: send it as a stream");
        }
        if (how == file_reading::sendfile)
            made.shared_->mapped.emplace(fd);
        return made;
    }

    std::uint64_t size() const noexcept { return shared_->identity.size; }
    /// As it was when the file was opened.
    file_identity const& identity() const noexcept { return shared_->identity; }

    /// Errors: `source_failed`. Cancellation: a read that waits for the disk is waited for.
    awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out)
    {
        return read(shared_, offset, out);
    }

    /// The descriptor, for a stream that sends from it; -1 when the bytes are to be read.
    int sendable_file() const noexcept { return shared_->mapped ? shared_->fd : -1; }
    /// The CRC-64 of a stretch, following bytes with the sum `crc`; nothing when `read_at` must be used.
    awaitable<std::optional<std::uint64_t>> checksum_at(std::uint64_t offset, std::size_t bytes, std::uint64_t crc)
    {
        return sum(shared_, offset, bytes, crc);
    }

    /// Errors: `source_changed` when size or time of modification differ from those at opening.
    result<void> check_unchanged() const
    {
        if (shared_->mapped)
            shared_->mapped->rest();
        auto now = look();
        if (!now)
            return std::move(now).error();
        if (*now != shared_->identity)
            return failure(errc::source_changed, "\"" + shared_->path + "\" was written to meanwhile");
        return {};
    }

private:
    struct state {
        state(int descriptor, std::string name) : fd(descriptor), path(std::move(name)) {}
        state(state const&) = delete;
        state& operator=(state const&) = delete;
        ~state()
        {
            mapped.reset();
            ::close(fd);
        }

        int fd;
        std::string path;
        file_identity identity;
        std::optional<detail::mapped_file> mapped;
        detail::direct_file direct;
        // A look at the cache that fails starts a read into it, which takes the loop's time. So after a miss some bytes
        // are read by the threads from the start; few at first, because a look can also fail for no lasting reason.
        std::atomic<std::int64_t> cold_bytes{0};  // that still go to a thread without a look
        std::atomic<std::int64_t> distrust{4 * 1024 * 1024};
    };
    static constexpr std::int64_t most_distrust = 256 * 1024 * 1024;
    static constexpr std::uint64_t direct_from = 4 * 1024 * 1024;  // bytes: of less, the kernel has read most ahead

    file_source(int fd, std::string path) : shared_(std::make_shared<state>(fd, std::move(path))) {}

    static std::string text_of_errno(int code) { return std::generic_category().message(code); }

    result<file_identity> look() const
    {
        struct ::stat info{};
        if (::fstat(shared_->fd, &info) != 0)
            return failure(errc::source_failed, "\"" + shared_->path + "\": " + text_of_errno(errno));
        if (S_ISDIR(info.st_mode))
            return failure(errc::source_failed, "\"" + shared_->path + "\" is a directory");
        if (S_ISFIFO(info.st_mode))
            return failure(errc::source_failed, "\"" + shared_->path + "\" is a pipe; send it as a stream");
        if (!S_ISREG(info.st_mode))
            return failure(errc::source_failed, "\"" + shared_->path + "\" is not a regular file; send it as a stream");
        file_identity found;
        found.device = static_cast<std::uint64_t>(info.st_dev);
        found.inode = static_cast<std::uint64_t>(info.st_ino);
        found.size = static_cast<std::uint64_t>(info.st_size);
        found.modified_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
        return found;
    }

    static awaitable<result<std::size_t>> read(std::shared_ptr<state> file, std::uint64_t offset,
                                               std::span<std::byte> out)
    {
        std::size_t total = 0;
        while (total != out.size()) {
            ::iovec part{out.data() + total, out.size() - total};
            auto const at = static_cast<::off_t>(offset + total);
            ::ssize_t got = -1;
            int code = EAGAIN;
            bool cold = false;  // not in the page cache, nor on its way there
#ifdef RWF_NOWAIT
            cold = file->cold_bytes > 0;
            if (!cold) {
                got = ::preadv2(file->fd, &part, 1, at, RWF_NOWAIT);
                code = errno;
                if (got == 0 && offset + total < file->identity.size) {  // so Linux 5.9 and 5.10 tell a miss
                    got = -1;
                    code = EAGAIN;
                }
                if (got < 0 && code == EAGAIN) {
                    std::int64_t const bytes = file->distrust;
                    file->cold_bytes = bytes;
                    file->distrust = std::min(2 * bytes, most_distrust);
                }
            }
#endif
            // not in the page cache, or a file system that cannot tell: let a thread wait for it
            if (got < 0 && (code == EAGAIN || code == EOPNOTSUPP || code == ENOSYS)) {
                std::function<std::ptrdiff_t()> const blocking = [&]() -> std::ptrdiff_t {
                    if (cold && file->identity.size >= direct_from)
                        if (auto const n = file->direct.read(file->fd, offset + total, out.subspan(total)))
                            return static_cast<std::ptrdiff_t>(*n);
                    ::ssize_t const n = ::preadv(file->fd, &part, 1, at);
                    return n < 0 ? -std::ptrdiff_t{errno} : n;
                };
                got = co_await run_blocking<detail::file_reads>(blocking);
                code = got < 0 ? static_cast<int>(-got) : 0;
                file->cold_bytes -= got > 0 ? got : 0;
            }
            if (got < 0 && code == EINTR)
                continue;
            if (got < 0)
                co_return failure(errc::source_failed, "cannot read \"" + file->path + "\" at byte " +
                                                           std::to_string(offset + total) + ": " +
                                                           text_of_errno(code));
            if (got == 0)
                break;
            total += static_cast<std::size_t>(got);
        }
        co_return total;
    }

    static awaitable<std::optional<std::uint64_t>> sum(std::shared_ptr<state> file, std::uint64_t offset,
                                                       std::size_t bytes, std::uint64_t crc)
    {
        co_return file->mapped ? file->mapped->sum(offset, bytes, crc) : std::nullopt;
    }

    std::shared_ptr<state> shared_;
};

static_assert(body_source<file_source>);

}  // namespace ossify

#endif
