#ifndef OSSIFY_UPLOAD_CHECKPOINT_FILE_HPP
#define OSSIFY_UPLOAD_CHECKPOINT_FILE_HPP

#include <ossify/multipart/checkpoint.hpp>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace ossify {

/// A checkpoint in a file. Models `checkpoint_store`. At any moment the file holds one whole checkpoint or does not
/// exist: a new one is written beside it, brought to the disk, and then takes its name. Only its owner may read it.
/// Thread safety: not thread-safe.
class checkpoint_file {
public:
    explicit checkpoint_file(std::filesystem::path path) : path_(std::move(path)) {}

    /// Returns: the text, or nothing when there is no such file. Errors: `checkpoint_failed`.
    result<std::optional<std::string>> load() const
    {
        descriptor const in(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!in && errno == ENOENT)
            return std::optional<std::string>();
        if (!in)
            return failed("reading", path_);
        std::string text;
        char block[64 * 1024];
        for (;;) {
            ::ssize_t const got = ::read(in.fd, block, sizeof block);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return failed("reading", path_);
            if (got == 0)
                return std::optional(std::move(text));
            text.append(block, static_cast<std::size_t>(got));
            if (text.size() > largest)
                return failure(errc::checkpoint_failed, "\"" + path_.string() + "\" is too large for a checkpoint");
        }
    }

    /// Errors: `checkpoint_failed`; the former checkpoint stays.
    result<void> save(std::string_view text) const
    {
        auto const beside = temporary();
        {
            descriptor const out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
            if (!out)
                return failed("creating", beside);
            while (!text.empty()) {
                ::ssize_t const put = ::write(out.fd, text.data(), text.size());
                if (put < 0 && errno == EINTR)
                    continue;
                if (put < 0)
                    return failed("writing", beside);
                text.remove_prefix(static_cast<std::size_t>(put));
            }
            if (::fsync(out.fd) != 0)
                return failed("syncing", beside);
        }
        if (::rename(beside.c_str(), path_.c_str()) != 0)
            return failed("renaming", beside);
        return sync_folder();
    }

    /// Removes the file; one that does not exist is no error. Errors: `checkpoint_failed`.
    result<void> remove() const
    {
        ::unlink(temporary().c_str());
        if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
            return failed("removing", path_);
        return sync_folder();
    }

private:
    static constexpr std::size_t largest = 64 * 1024 * 1024;  // 10,000 parts take about 1 MB

    class descriptor {
    public:
        explicit descriptor(int opened) noexcept : fd(opened) {}
        descriptor(descriptor const&) = delete;
        descriptor& operator=(descriptor const&) = delete;
        ~descriptor()
        {
            if (fd >= 0)
                ::close(fd);
        }
        explicit operator bool() const noexcept { return fd >= 0; }
        int fd;
    };

    static failure failed(char const* what, std::filesystem::path const& path)
    {
        int const code = errno;
        return failure(errc::checkpoint_failed, std::string(what) + " \"" + path.string() +
                                                    "\" failed: " + std::generic_category().message(code));
    }

    std::filesystem::path temporary() const
    {
        auto beside = path_;
        beside += ".new";
        return beside;
    }

    // The new name is only safe once the folder is on the disk. File systems that cannot do that are taken as they are.
    result<void> sync_folder() const
    {
        auto const folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
        descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (opened && ::fsync(opened.fd) != 0 && errno != EINVAL && errno != EBADF)
            return failed("syncing", folder);
        return {};
    }

    std::filesystem::path path_;
};

static_assert(checkpoint_store<checkpoint_file>);

}  // namespace ossify

#endif
