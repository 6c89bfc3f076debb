#ifndef OSSIFY_BODY_MAPPED_FILE_HPP
#define OSSIFY_BODY_MAPPED_FILE_HPP

#include <ossify/codec/crc64.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ossify::detail {

/// Sums stretches of a file where they lie in the page cache, each mapped for that moment only.
///
/// A mapped file that another program cuts meanwhile would kill this process with SIGBUS. So the file is put under a
/// read lease first (fcntl(2), F_SETLEASE): who wants to write to it or to cut it waits in open(2) or truncate(2) until
/// the lease is given back, which happens with the next stretch, or after 45 s (/proc/sys/fs/lease-break-time). From
/// then on nothing is mapped, nor where there can be no lease: the file is open for writing, belongs to another user,
/// lies on a network.
/// Thread safety: a monitor.
class mapped_file {
public:
    /// `fd` stays the caller's, and must be open for reading only.
    explicit mapped_file(int fd) : fd_(fd) {}
    mapped_file(mapped_file const&) = delete;
    mapped_file& operator=(mapped_file const&) = delete;
    ~mapped_file() { give_back(); }

    /// Gives the lease back until there is something to sum again.
    void rest() noexcept
    {
        std::lock_guard const lock(mutex_);
        if (busy_ == 0)
            give_back();
    }

    /// The CRC-64 of `bytes` bytes from `offset` on, following those with the sum `crc`; nothing when they must be read
    /// instead: without a lease, beyond the end, and while they are not all in the page cache. To fetch them through a
    /// mapping would stall whoever else maps memory in this process, and be fatal where the disk fails.
    std::optional<std::uint64_t> sum(std::uint64_t offset, std::size_t bytes, std::uint64_t crc)
    {
        turn const mine(*this);
        if (!mine)
            return std::nullopt;
        mapping const mapped(fd_, offset, bytes);
        std::size_t const step = touched_every_;
        long const begin = page_faults();
        if (!mapped || !mapped.is_cached(step))
            return std::nullopt;
        long const touched = page_faults();
        auto const sum = crc64(mapped.bytes(), crc);
        if (page_faults() != touched)  // there were pieces between those touched
            touched_every_ = std::max(step / 2, least_touched);
        else if (static_cast<std::size_t>(touched - begin) * step <= bytes / 2)  // most touches met what was mapped
            touched_every_ = std::min(step * 2, most_touched);
        return sum;
    }

private:
    static constexpr std::size_t least_touched = 64 * 1024;
    static constexpr std::size_t most_touched = 2 * 1024 * 1024;

    // How many pages that this thread touched were not mapped.
    static long page_faults() noexcept
    {
        ::rusage used{};
        ::getrusage(RUSAGE_THREAD, &used);
        return used.ru_minflt;
    }

    // While one of these holds, the lease is not given back.
    class turn {
    public:
        explicit turn(mapped_file& file) : file_(file), held_(file.begin()) {}
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn()
        {
            if (held_)
                file_.end();
        }
        explicit operator bool() const noexcept { return held_; }

    private:
        mapped_file& file_;
        bool held_;
    };

    class mapping {
    public:
        mapping(int fd, std::uint64_t offset, std::size_t bytes)
            : ahead_(static_cast<std::size_t>(offset % page_bytes())), bytes_(bytes),
              at_(::mmap(nullptr, ahead_ + bytes_, PROT_READ, MAP_SHARED, fd, static_cast<::off_t>(offset - ahead_)))
        {
            if (at_ != MAP_FAILED)  // else the kernel reads ahead of what is touched
                ::madvise(at_, ahead_ + bytes_, MADV_RANDOM);
        }
        mapping(mapping const&) = delete;
        mapping& operator=(mapping const&) = delete;
        ~mapping()
        {
            if (at_ != MAP_FAILED)
                ::munmap(at_, ahead_ + bytes_);
        }
        explicit operator bool() const noexcept { return at_ != MAP_FAILED; }

        std::span<std::byte const> bytes() const noexcept { return {static_cast<std::byte const*>(at_) + ahead_, bytes_}; }

        // To ask for pages that are mapped is cheap, to look others up in the cache is not. So a byte here and there is
        // touched first: with it the kernel maps the whole piece of memory that it lies in, up to 2 MiB, or what there is
        // within 64 KiB of it.
        bool is_cached(std::size_t touched_every) const noexcept
        {
            for (std::size_t at = 0; at < ahead_ + bytes_; at += touched_every) {
                if (!are_cached(at, 1))
                    return false;
                static_cast<void>(static_cast<unsigned char const volatile*>(at_)[at]);
            }
            return are_cached(0, ahead_ + bytes_);
        }

    private:
        static constexpr std::size_t most_pages = 2048;

        // Whether the pages of `bytes` bytes from `at` on, the beginning of a page, are all in memory.
        bool are_cached(std::size_t at, std::size_t bytes) const noexcept
        {
            std::array<unsigned char, most_pages> pages;
            std::size_t const count = (bytes + page_bytes() - 1) / page_bytes();
            if (count > pages.size() || ::mincore(static_cast<std::byte*>(at_) + at, bytes, pages.data()) != 0)
                return false;
            return std::all_of(pages.begin(), pages.begin() + static_cast<std::ptrdiff_t>(count),
                               [](unsigned char page) { return (page & 1U) != 0; });
        }

        static std::size_t page_bytes() noexcept
        {
            static auto const bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
            return bytes;
        }

        std::size_t ahead_;  // bytes before the stretch: a mapping begins with a page
        std::size_t bytes_;
        void* at_;
    };

    bool begin()
    {
        std::lock_guard const lock(mutex_);
        if (wanted_)
            return false;
        if (!leased_ && !take())
            wanted_ = true;
#ifdef F_SETLEASE
        else if (::fcntl(fd_, F_GETLEASE) != F_RDLCK)
            wanted_ = true;  // a writer waits
#endif
        if (wanted_) {
            if (busy_ == 0)
                give_back();
            return false;
        }
        ++busy_;
        return true;
    }

    void end() noexcept
    {
        std::lock_guard const lock(mutex_);
        if (--busy_ == 0 && wanted_)
            give_back();
    }

    bool take() noexcept
    {
#ifdef F_SETLEASE
        // the signal that tells of a waiting writer is one that does nothing unless it is asked for
        leased_ = ::fcntl(fd_, F_SETSIG, SIGURG) == 0 && ::fcntl(fd_, F_SETLEASE, F_RDLCK) == 0;
#endif
        return leased_;
    }

    void give_back() noexcept
    {
#ifdef F_SETLEASE
        if (leased_)
            ::fcntl(fd_, F_SETLEASE, F_UNLCK);
#endif
        leased_ = false;
    }

    int fd_;
    std::mutex mutex_;
    bool leased_ = false;
    bool wanted_ = false;  // others want to write, or there can be no lease: nothing is mapped any more
    std::size_t busy_ = 0;
    std::atomic<std::size_t> touched_every_{256 * 1024};  // bytes: about what the pieces of memory have that the file is in
};

}  // namespace ossify::detail

#endif
