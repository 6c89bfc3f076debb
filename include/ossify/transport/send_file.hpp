#ifndef OSSIFY_TRANSPORT_SEND_FILE_HPP
#define OSSIFY_TRANSPORT_SEND_FILE_HPP

#include <ossify/core/error.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/error.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <system_error>

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/types.h>

namespace ossify::detail {

/// Keeps SIGPIPE from the calling thread: unlike send(2), sendfile(2) cannot be told not to raise it.
class no_sigpipe {
public:
    no_sigpipe()
    {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
        ::sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    }
    no_sigpipe(no_sigpipe const&) = delete;
    no_sigpipe& operator=(no_sigpipe const&) = delete;
    ~no_sigpipe()
    {
        if (perhaps_raised_ && !was_pending_) {
            std::timespec const now{};
            while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

    /// If the signal was raised, it is to be forgotten.
    void perhaps_raised() noexcept { perhaps_raised_ = true; }

private:
    ::sigset_t pipe_;
    ::sigset_t before_;
    bool was_pending_ = false;
    bool perhaps_raised_ = false;
};

/// True when nothing can be sent any more. sendfile(2) sends in pieces, and tells of those before the one that failed.
inline bool has_failed(int socket) noexcept
{
    ::pollfd look{socket, 0, 0};
    return ::poll(&look, 1, 0) == 1;
}

/// One attempt to send a stretch of a file over a socket that does not block.
inline io_result send_file(int socket, int file, std::uint64_t offset, std::size_t bytes)
{
    no_sigpipe guard;
    for (;;) {
        auto at = static_cast<::off_t>(offset);
        ::ssize_t const sent = ::sendfile(socket, file, &at, bytes);
        int const code = errno;
        bool const short_of_it = sent >= 0 && sent != static_cast<::ssize_t>(bytes);
        if (sent < 0 ? code == EPIPE : short_of_it && has_failed(socket))
            guard.perhaps_raised();
        if (sent > 0)
            return {{}, static_cast<std::size_t>(sent)};
        if (sent == 0)
            return {bytes == 0 ? std::error_code() : make_error_code(errc::source_changed), 0};
        if (code == EINTR)
            continue;
        if (code == EAGAIN)
            return {asio::error::would_block, 0};
        return {std::error_code(code, asio::error::get_system_category()), 0};
    }
}

}  // namespace ossify::detail

#endif
