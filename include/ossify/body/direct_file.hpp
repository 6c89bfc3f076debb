#ifndef OSSIFY_BODY_DIRECT_FILE_HPP
#define OSSIFY_BODY_DIRECT_FILE_HPP

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace ossify::detail {

/// Reads a file from the disk around the page cache (O_DIRECT). That takes a fraction of the processor time, because
/// no pages have to be found for the cache, and what other programs have in it stays there.
/// Thread safety: any number of threads may read at once. Each that does keeps a block of 260 KiB until it ends.
class direct_file {
public:
    direct_file() = default;
    direct_file(direct_file const&) = delete;
    direct_file& operator=(direct_file const&) = delete;
    ~direct_file()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }

    /// Reads some bytes from `at` on, waiting for the disk. Returns: how many, at least one; nothing when the usual way
    /// must be gone, because the file system does not have this one, at the end of the file, and after an error.
    std::optional<std::size_t> read(int fd, std::uint64_t at, std::span<std::byte> out)
    {
        std::call_once(opened_, [&] { open(fd); });
        if (!usable_)
            return std::nullopt;
        std::span<std::byte> const aligned = memory_of_this_thread();
        auto const before = static_cast<std::size_t>(at % alignment);
        std::size_t const wanted = std::min((before + out.size() + alignment - 1) / alignment * alignment, aligned.size());
        ::ssize_t const got = ::pread(fd_, aligned.data(), wanted, static_cast<::off_t>(at - before));
        if (got < 0 && errno != EINTR)
            usable_ = false;
        if (got <= static_cast<::ssize_t>(before))
            return std::nullopt;
        std::size_t const bytes = std::min(static_cast<std::size_t>(got) - before, out.size());
        std::memcpy(out.data(), aligned.data() + before, bytes);
        return bytes;
    }

private:
    static constexpr std::size_t alignment = 4096;  // of offset, length and memory, for all but exotic devices

    // Shared memory: in memory that is copied on write, a read that is under way while the process forks can get lost
    // (open(2), "O_DIRECT I/Os should never be run concurrently with the fork(2) system call").
    class block {
    public:
        block() : at_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
        block(block const&) = delete;
        block& operator=(block const&) = delete;
        ~block()
        {
            if (at_ != MAP_FAILED)
                ::munmap(at_, size);
        }
        std::span<std::byte> bytes() const noexcept
        {
            return at_ == MAP_FAILED ? std::span<std::byte>() : std::span(static_cast<std::byte*>(at_), size);
        }

    private:
        static constexpr std::size_t size = 256 * 1024 + alignment;

        void* at_;
    };

    static std::span<std::byte> memory_of_this_thread()
    {
        thread_local block const mine;
        return mine.bytes();
    }

    void open([[maybe_unused]] int fd)
    {
#ifdef O_DIRECT
        // by its descriptor: under its name there may be another file by now
        fd_ = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
#endif
        usable_ = fd_ >= 0;
    }

    std::once_flag opened_;
    std::atomic<bool> usable_{false};
    int fd_ = -1;
};

}  // namespace ossify::detail

#endif
