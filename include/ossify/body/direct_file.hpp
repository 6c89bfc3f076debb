#ifndef OSSIFY_BODY_DIRECT_FILE_HPP
#define OSSIFY_BODY_DIRECT_FILE_HPP

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace ossify::detail {

/// Reads a file from the disk around the page cache (O_DIRECT), 512 KiB at a time, of which it hands out pieces. That takes
/// a fraction of the processor time, because no pages have to be found for the cache, and what other programs have in it
/// stays there.
/// There are 16 stretches of 512 KiB for all files of the process: one for each of the places at which a file is being
/// read, until the file is closed.
/// Thread safety: any number of threads may read at once.
class direct_file {
public:
    direct_file() = default;
    direct_file(direct_file const&) = delete;
    direct_file& operator=(direct_file const&) = delete;

    /// Reads some bytes from `at` on, waiting for the disk. Returns: how many, at least one; nothing when the usual way
    /// must be gone: the file system does not have this one, no stretch is free, at the end of the file, after an error.
    std::optional<std::size_t> read(int fd, std::uint64_t at, std::span<std::byte> out)
    {
        stretch* const mine = usable_ ? take(at) : nullptr;
        if (mine == nullptr)
            return std::nullopt;
        if (!mine->holds(at))
            fill(*mine, fd, at);
        std::size_t const bytes = mine->copy(at, out);
        give_back(*mine);
        return bytes == 0 ? std::nullopt : std::optional(bytes);
    }

private:
    static constexpr std::size_t alignment = 4096;  // of offset, length and memory, for all but exotic devices
    static constexpr std::uint64_t forgotten_after = 32;  // reads from other stretches: twice as many as there are

    // One of the few that there are, from its making to its end.
    class place {
    public:
        place() : mine_(taken_.fetch_add(1, std::memory_order_relaxed) < 16) {}
        place(place const&) = delete;
        place& operator=(place const&) = delete;
        ~place() { taken_.fetch_sub(1, std::memory_order_relaxed); }
        explicit operator bool() const noexcept { return mine_; }

    private:
        inline static std::atomic<int> taken_{0};
        bool mine_;
    };

    // Bytes of the file that lie in memory.
    class stretch {
    public:
        static constexpr std::size_t size = 512 * 1024;

        stretch() = default;
        stretch(stretch const&) = delete;
        stretch& operator=(stretch const&) = delete;
        ~stretch()
        {
            if (exists())
                ::munmap(memory_, size);
        }

        bool exists() const noexcept { return memory_ != MAP_FAILED; }
        bool holds(std::uint64_t at) const noexcept { return at >= begin_ && at < end_; }
        bool is_used_up() const noexcept { return begin_ == end_; }
        std::byte* memory() const noexcept { return static_cast<std::byte*>(memory_); }
        void now_holds(std::uint64_t begin, std::size_t bytes) noexcept
        {
            begin_ = begin;
            end_ = begin + bytes;
        }

        // Returns: the bytes that there are, at most as many as go into `out`; the last ones only once.
        std::size_t copy(std::uint64_t at, std::span<std::byte> out) noexcept
        {
            if (!holds(at))
                return 0;
            auto const bytes = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at, out.size()));
            std::memcpy(out.data(), memory() + (at - begin_), bytes);
            if (at + bytes == end_)
                now_holds(0, 0);
            return bytes;
        }

        bool busy = false;
        std::uint64_t last_used = 0;  // by the count of reads

    private:
        // Shared memory: in memory that is copied on write, a read that is under way while the process forks can get lost
        // (open(2), "O_DIRECT I/Os should never be run concurrently with the fork(2) system call").
        static void* map() { return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }

        place place_;
        void* memory_ = place_ ? map() : MAP_FAILED;
        std::uint64_t begin_ = 0;  // of the bytes it holds, in the file
        std::uint64_t end_ = 0;
    };

    // The stretch that holds what is at `at`, else one to read it into; null when there is none.
    stretch* take(std::uint64_t at)
    {
        std::lock_guard const lock(mutex_);
        stretch* got = idle([at](stretch const& s) { return s.holds(at); });
        if (got == nullptr)
            got = idle([](stretch const& s) { return s.is_used_up(); });
        if (got == nullptr)
            got = idle([this](stretch const& s) { return reads_ - s.last_used > forgotten_after; });
        if (got == nullptr)
            got = make();
        if (got != nullptr) {
            got->busy = true;
            got->last_used = ++reads_;
        }
        return got;
    }

    template<class Wanted>
    stretch* idle(Wanted wanted)
    {
        for (auto const& s : stretches_)
            if (!s->busy && wanted(*s))
                return s.get();
        return nullptr;
    }

    stretch* make()
    {
        auto made = std::make_unique<stretch>();
        return made->exists() ? stretches_.emplace_back(std::move(made)).get() : nullptr;
    }

    void give_back(stretch& s)
    {
        std::lock_guard const lock(mutex_);
        s.busy = false;
    }

    // The descriptor is opened for one read: those of a process are for its connections.
    void fill(stretch& s, [[maybe_unused]] int fd, [[maybe_unused]] std::uint64_t at)
    {
        s.now_holds(0, 0);
#ifdef O_DIRECT
        // by its descriptor: under its name there may be another file by now
        int const direct = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
        int why = errno;
        ::ssize_t got = -1;
        std::uint64_t const begin = at / alignment * alignment;
        if (direct >= 0) {
            got = ::pread(direct, s.memory(), stretch::size, static_cast<::off_t>(begin));
            why = errno;
            ::close(direct);
        }
        if (got > 0) {
            s.now_holds(begin, static_cast<std::size_t>(got));
            if (!advised_.exchange(true))  // whoever looks whether the cache has something need not have it read ahead
                ::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
        }
        if (got >= 0 || why == EMFILE || why == ENFILE || why == EINTR)
            return;
#endif
        usable_ = false;
    }

    std::atomic<bool> usable_{true};
    std::atomic<bool> advised_{false};
    std::mutex mutex_;
    std::vector<std::unique_ptr<stretch>> stretches_;
    std::uint64_t reads_ = 0;
};

}  // namespace ossify::detail

#endif
