#ifndef OSSIFY_EMULATOR_DATA_FOLDER_HPP
#define OSSIFY_EMULATOR_DATA_FOLDER_HPP

#include <ossify/core/result.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

/// Changes to files that are on the disk when the call returns, so that neither a killed process nor a power failure
/// undoes them. Errors: `store_failed`, with what could not be done, to what, and why. Thread safety: stateless.
namespace ossify::emulation::durable {

/// Text files are written under this name first.
inline constexpr std::string_view unfinished = ".tmp";

inline failure failed(char const* what, std::filesystem::path const& path, int code = errno)
{
    return failure(errc::store_failed, std::string("cannot ") + what + " \"" + path.string() +
                                           "\": " + std::generic_category().message(code));
}

/// Owns a file descriptor.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int opened) noexcept : fd_(opened) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }

    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

inline result<void> write_all(descriptor const& to, std::string_view bytes, std::filesystem::path const& path)
{
    while (!bytes.empty()) {
        ::ssize_t const put = ::write(to.get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

/// Makes the names in a folder last: those added, and those taken away.
inline result<void> sync_folder(std::filesystem::path const& folder)
{
    descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
        return failed("open", folder);
    if (::fsync(opened.get()) != 0 && errno != EINVAL)  // a file system that cannot is taken as it is
        return failed("sync", folder);
    return {};
}

/// Makes a file of that text, or replaces one: whoever looks finds the old text or the new.
inline result<void> write_file(std::filesystem::path const& path, std::string_view text)
{
    auto beside = path;
    beside += unfinished;
    {
        descriptor const out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!out)
            return failed("create", beside);
        if (auto done = write_all(out, text, beside); !done)
            return done;
        if (::fsync(out.get()) != 0)
            return failed("sync", beside);
    }
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return failed("rename", beside);
    return sync_folder(path.parent_path());
}

/// Removes a file; one that is not there is no error.
inline result<void> remove_file(std::filesystem::path const& path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return failed("remove", path);
    return sync_folder(path.parent_path());
}

/// Makes a folder that lasts, unless it is there.
inline result<void> make_folder(std::filesystem::path const& path)
{
    std::error_code ec;
    std::filesystem::create_directory(path, ec);
    if (ec)
        return failed("make", path, ec.value());
    return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

inline result<std::string> read_file(std::filesystem::path const& path)
{
    descriptor const in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in)
        return failed("open", path);
    std::string text;
    std::array<char, 4096> piece;
    for (;;) {
        ::ssize_t const got = ::read(in.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read", path);
        if (got == 0)
            return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

/// Keeps a folder to one process, until it is destroyed or the process ends, however it ends.
class folder_lock {
public:
    /// Errors: `invalid_config` when another process has the folder.
    static result<folder_lock> take(std::filesystem::path const& file)
    {
        descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!opened)
            return failed("open", file);
        if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK)
                return failed("lock", file);
            auto const holder = read_file(file);
            return failure(errc::invalid_config, "the folder \"" + file.parent_path().string() +
                                                     "\" is in use by another emulator (process " +
                                                     (holder ? *holder : std::string("unknown")) + ")");
        }
        if (::ftruncate(opened.get(), 0) != 0)
            return failed("write", file);
        if (auto done = write_all(opened, std::to_string(::getpid()), file); !done)
            return done.error();
        return folder_lock(std::move(opened));
    }

private:
    explicit folder_lock(descriptor held) : held_(std::move(held)) {}

    descriptor held_;
};

}  // namespace ossify::emulation::durable

#endif
