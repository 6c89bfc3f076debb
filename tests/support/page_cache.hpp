#ifndef OSSIFY_TESTS_PAGE_CACHE_HPP
#define OSSIFY_TESTS_PAGE_CACHE_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tests {

/// The share of a file that is in the page cache; 1 when that cannot be told.
inline double cached_share(std::string const& path)
{
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct ::stat info{};
    double share = 1;
    if (fd >= 0 && ::fstat(fd, &info) == 0 && info.st_size > 0) {
        auto const bytes = static_cast<std::size_t>(info.st_size);
        auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
        std::vector<unsigned char> pages((bytes + page - 1) / page);
        if (mapped != MAP_FAILED && ::mincore(mapped, bytes, pages.data()) == 0)
            share = static_cast<double>(std::count_if(pages.begin(), pages.end(), [](auto p) { return p & 1; })) /
                    static_cast<double>(pages.size());
        if (mapped != MAP_FAILED)
            ::munmap(mapped, bytes);
    }
    if (fd >= 0)
        ::close(fd);
    return share;
}

/// Drops a file from the page cache, where the file system lets us. Returns: the share of it that is there all the same.
inline double evict(std::string const& path)
{
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd);
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        ::close(fd);
    }
    return cached_share(path);
}

}  // namespace tests

#endif
