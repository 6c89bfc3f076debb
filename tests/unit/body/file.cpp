#include <ossify/body/file.hpp>

#include "certificates.hpp"
#include "page_cache.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ossify;

namespace {

/// A file of bytes that tell their place.
class sample {
public:
    explicit sample(std::size_t bytes) : path(folder_.file("sample"))
    {
        for (std::size_t i = 0; i != bytes; ++i)
            text.push_back(static_cast<char>(i * 131 + i / 4096));
        std::ofstream(path, std::ios::binary) << text;
    }

    tests::temporary_folder folder_;
    std::string path;
    std::string text;
};

/// Runs a coroutine in real time: files have threads.
template<class T>
T run(awaitable<T> work)
{
    asio::io_context io(1);
    std::optional<T> value;
    auto on_end = [&](std::exception_ptr thrown, T v) {
        if (thrown)
            std::rethrow_exception(thrown);
        value.emplace(std::move(v));
    };
    asio::co_spawn(io, std::move(work), on_end);
    io.run();
    return *std::move(value);
}

std::optional<std::uint64_t> sum(file_source& file, std::uint64_t offset, std::size_t bytes, std::uint64_t crc = 0)
{
    return run(file.checksum_at(offset, bytes, crc));
}

/// The share of a file in the page cache when nothing is on its way there any more.
double settled_share(std::string const& path)
{
    double share = tests::cached_share(path);
    for (double before = -1; share != before;) {
        before = share;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        share = tests::cached_share(path);
    }
    return share;
}

/// Whether the file system reads around the page cache; some that say so do not.
bool reads_around_the_cache(std::string const& path)
{
    if (tests::evict(path) != 0)
        return false;
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    detail::direct_file direct;
    std::byte first{};
    bool const there = direct.read(fd, 0, std::span(&first, 1)).has_value();
    ::close(fd);
    return there && tests::cached_share(path) == 0;
}

/// Reads directly into a text; empty when that cannot be done.
std::string read_directly(detail::direct_file& direct, int fd, std::uint64_t at, std::size_t bytes)
{
    std::string got(bytes, '\0');
    got.resize(direct.read(fd, at, std::as_writable_bytes(std::span(got))).value_or(0));
    return got;
}

/// Opens the file for writing without waiting. Returns: 0, or what errno says.
int open_to_write(std::string const& path)
{
    int const fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ::close(fd);
    return 0;
}

}  // namespace

TEST_CASE("a file is read at any offset, from the page cache and from the disk")
{
    sample const s(1'000'003);
    for (bool const cold : {false, true}) {
        if (cold)
            tests::evict(s.path);
        auto file = file_source::open(s.path).value();
        CHECK(file.size() == s.text.size());
        CHECK(file.sendable_file() == -1);
        std::string got(300'000, '\0');
        CHECK(run(file.read_at(700'001, std::as_writable_bytes(std::span(got)))).value() == 300'000);
        CHECK(got == s.text.substr(700'001, 300'000));
        CHECK(run(file.read_at(900'000, std::as_writable_bytes(std::span(got)))).value() == 100'003);
    }
}

TEST_CASE("a file that is not in the page cache is read around it, in stretches of any length")
{
    sample const s(24'000'003);
    for (std::size_t const step : {262'144, 100'001, 700'000}) {
        bool const around = reads_around_the_cache(s.path);
        tests::evict(s.path);
        auto file = file_source::open(s.path).value();
        std::string all;
        while (all.size() < s.text.size()) {
            std::string got(std::min(step, s.text.size() - all.size()), '\0');
            REQUIRE(run(file.read_at(all.size(), std::as_writable_bytes(std::span(got)))).value() == got.size());
            all += got;
        }
        CHECK((all == s.text));
        if (around)
            CHECK(tests::cached_share(s.path) < 0.5);
    }
}

TEST_CASE("a file that is not in the page cache and was cut meanwhile ends where it ends")
{
    sample const s(6'000'000);
    tests::evict(s.path);
    auto file = file_source::open(s.path).value();
    std::string got(100'000, '\0');
    auto const into = std::as_writable_bytes(std::span(got));
    CHECK(run(file.read_at(0, into)).value() == got.size());
    std::filesystem::resize_file(s.path, 4'500'010);
    CHECK(run(file.read_at(4'450'000, into)).value() == 50'010);
    CHECK(run(file.read_at(5'000'000, into)).value() == 0);
    CHECK(file.check_unchanged().error() == errc::source_changed);
}

TEST_CASE("a direct read gives what there is, and nothing at the end and where there is none")
{
    sample const s(3'000'001);
    int const fd = ::open(s.path.c_str(), O_RDONLY | O_CLOEXEC);
    detail::direct_file direct;
    auto const read = [&](std::uint64_t at, std::size_t bytes) { return read_directly(direct, fd, at, bytes); };
    if (read(0, 1).empty()) {
        MESSAGE("this file system has no direct reads");
        ::close(fd);
        return;
    }
    CHECK((read(1, 262'144) == s.text.substr(1, 262'144)));
    CHECK((read(4095, 2) == s.text.substr(4095, 2)));
    CHECK((read(2'999'999, 4096) == s.text.substr(2'999'999)));
    CHECK(read(3'000'001, 4096).empty());
    CHECK(read(4'000'000, 4096).empty());
    CHECK((read(4096, 4096) == s.text.substr(4096, 4096)));  // the end is no error
    std::string const longer = read(2'000'005, 2'000'000);
    CHECK(longer.size() > 500'000);
    CHECK((longer == s.text.substr(2'000'005, longer.size())));
    ::close(fd);

    int const null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    detail::direct_file none;
    CHECK(read_directly(none, null, 0, 1).empty());
    ::close(null);
}

TEST_CASE("direct reads at more places than there is memory for go the usual way, and go on when there is some again")
{
    sample const s(100'000);
    int const fd = ::open(s.path.c_str(), O_RDONLY | O_CLOEXEC);
    {
        std::vector<std::unique_ptr<detail::direct_file>> files;
        std::size_t served = 0;
        for (int i = 0; i != 20; ++i) {
            auto const& one = files.emplace_back(std::make_unique<detail::direct_file>());
            served += !read_directly(*one, fd, 0, 1).empty();
        }
        bool const has_direct_reads = served != 0;
        CHECK(served == (has_direct_reads ? 16 : 0));
        CHECK((read_directly(*files.front(), fd, 1, 1000) == (has_direct_reads ? s.text.substr(1, 1000) : "")));
    }
    detail::direct_file again;
    bool const there = !read_directly(again, fd, 0, 1).empty();
    CHECK((read_directly(again, fd, 1, 1000) == (there ? s.text.substr(1, 1000) : "")));
    ::close(fd);
}

TEST_CASE("what is no regular file, or is not there, is refused by name")
{
    sample const s(1);
    CHECK(file_source::open(s.path + "-not").error().message().find(s.path + "-not") != std::string::npos);
    CHECK(file_source::open(s.folder_.path()).error().message().find("is a directory") != std::string::npos);
    CHECK(file_source::open("/dev/null").error().message().find("not a regular file") != std::string::npos);
    auto const pipe = s.folder_.file("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(file_source::open(pipe).error().message().find("is a pipe") != std::string::npos);  // and does not wait
}

TEST_CASE("a file that is sent by the kernel is summed in its place")
{
    sample const s(5'000'003);
    for (bool const cold : {false, true}) {
        if (cold)
            tests::evict(s.path);
        auto file = file_source::open(s.path, file_reading::sendfile).value();
        CHECK(file.sendable_file() >= 0);
        auto first = sum(file, 0, 1'000'001);
        if (!first) {  // not in the page cache: to be read, once
            std::string all(s.text.size(), '\0');
            CHECK(run(file.read_at(0, std::as_writable_bytes(std::span(all)))).value() == s.text.size());
            CHECK(all == s.text);
            first = sum(file, 0, 1'000'001);
        }
        if (!first) {
            MESSAGE("files cannot be leased here");
            return;
        }
        CHECK(*first == crc64(std::string_view(s.text).substr(0, 1'000'001)));
        auto const second = sum(file, 1'000'001, 4'000'002, *first);
        CHECK(second == crc64(s.text));
    }
}

TEST_CASE("a file of which only some pages are in memory is not summed in its place, nor fetched for that")
{
    constexpr std::size_t size = 24'000'000;
    sample const s(size);
    for (std::string const what : {"the first of sixteen pages", "the second of sixteen pages", "the beginning"}) {
        CAPTURE(what);
        if (tests::evict(s.path) != 0) {
            MESSAGE("this file system keeps files in memory");
            return;
        }
        int const fd = ::open(s.path.c_str(), O_RDONLY | O_CLOEXEC);
        std::string piece(65'536, '\0');
        if (what == "the beginning") {  // the kernel reads ahead of that, and marks where it has to go on
            for (::off_t at = 0; at != 262'144; at += 65'536)
                CHECK(::pread(fd, piece.data(), 65'536, at) == 65'536);
        } else {
            REQUIRE(::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) == 0);
            for (::off_t at = what == "the first of sixteen pages" ? 0 : 4096; at < ::off_t{size}; at += 65'536)
                CHECK(::pread(fd, piece.data(), 1, at) == 1);
        }
        ::close(fd);
        double const share = settled_share(s.path);
        CHECK(share > 0);
        CHECK(share < 0.9);
        auto file = file_source::open(s.path, file_reading::sendfile).value();
        auto const got = sum(file, 0, what == "the beginning" ? size : 4'000'000);
        if (what != "the beginning")  // how much there is of that is the kernel's choice
            CHECK_FALSE(got);
        CHECK(settled_share(s.path) <= share);
    }
}

TEST_CASE("what was learned of a file in memory does not hide what is missing later")
{
    constexpr std::size_t stretch = 4'000'000;
    for (std::size_t const piece : {std::size_t{4096}, std::size_t{65'536}, 2 * stretch}) {
        CAPTURE(piece);
        sample const s(2 * stretch);
        for (std::size_t at = 0; at < s.text.size(); at += piece) {  // the kernel caches a file in pieces as it is written
            std::ofstream out(s.path, at == 0 ? std::ios::binary : std::ios::binary | std::ios::app);
            out << std::string_view(s.text).substr(at, piece);
        }
        auto file = file_source::open(s.path, file_reading::sendfile).value();
        if (!sum(file, 0, stretch)) {
            MESSAGE("files cannot be leased here");
            return;
        }
        auto const expected = crc64(std::string_view(s.text).substr(stretch));
        for (int i = 0; i != 12; ++i)
            CHECK(sum(file, stretch, stretch) == expected);
        if (tests::evict(s.path) != 0) {
            MESSAGE("this file system keeps files in memory");
            return;
        }
        int const fd = ::open(s.path.c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) == 0);
        char byte = 0;
        for (::off_t at = 0; at < static_cast<::off_t>(s.text.size()); at += 65'536)
            CHECK(::pread(fd, &byte, 1, at) == 1);
        ::close(fd);
        double const share = settled_share(s.path);
        CHECK_FALSE(sum(file, stretch, stretch));
        CHECK(settled_share(s.path) <= share);
    }
}

TEST_CASE("a writer is let in, and from then on the bytes are read")
{
    sample const s(100'000);
    auto file = file_source::open(s.path, file_reading::sendfile).value();
    CHECK(open_to_write(s.path) == 0);  // no lease before the first sum
    if (!sum(file, 0, 100'000))
        return;
    CHECK(open_to_write(s.path) == EWOULDBLOCK);
    CHECK_FALSE(sum(file, 0, 100'000));
    CHECK(open_to_write(s.path) == 0);
    CHECK_FALSE(sum(file, 0, 100'000));
}

TEST_CASE("a file that is open for writing is never mapped")
{
    sample const s(100'000);
    std::ofstream const writer(s.path, std::ios::binary | std::ios::app);
    auto file = file_source::open(s.path, file_reading::sendfile).value();
    CHECK_FALSE(sum(file, 0, 100'000));
}

TEST_CASE("writers do not wait for an upload that is over")
{
    sample const s(100'000);
    auto file = file_source::open(s.path, file_reading::sendfile).value();
    if (!sum(file, 0, 100'000))
        return;
    CHECK(file.check_unchanged());
    CHECK(open_to_write(s.path) == 0);
    CHECK(sum(file, 0, 100'000) == crc64(s.text));
}

TEST_CASE("a stretch beyond the end of the file is no stretch, and does no harm")
{
    sample const s(100'000);
    auto file = file_source::open(s.path, file_reading::sendfile).value();
    std::filesystem::resize_file(s.path, 50'000);
    CHECK_FALSE(sum(file, 0, 100'000));
    CHECK(file.check_unchanged().error() == errc::source_changed);
}
