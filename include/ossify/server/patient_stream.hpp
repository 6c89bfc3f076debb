#ifndef OSSIFY_SERVER_PATIENT_STREAM_HPP
#define OSSIFY_SERVER_PATIENT_STREAM_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/core/result.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/socket_base.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

namespace ossify {

/// A stream whose waits end when patience runs out, for a server's end of a connection. Where the stream allows it, it
/// stays open then, so that the client can still be told.
/// Lifetime: `stream` must outlive it. Thread safety: not thread-safe; everything happens on one executor.
template<byte_stream Stream, class Clock>
class patient_stream {
public:
    patient_stream(Stream& stream, asio::any_io_executor ex, std::shared_ptr<watchdog<Clock>> dog)
        : stream_(stream), deadline_(std::move(dog), std::move(ex), &on_deadline, this)
    {
    }

    /// From now on the waits may take so long altogether.
    void patience(std::chrono::milliseconds limit)
    {
        timed_out_ = false;
        until_ = Clock::now() + limit;
        deadline_.arm(until_);
    }
    /// The deadline stays armed, far away: moving it costs next to nothing, arming it anew costs a lock.
    void endless_patience()
    {
        timed_out_ = false;
        until_ = Clock::time_point::max();
        if (deadline_.armed())
            deadline_.arm(until_);
    }
    bool timed_out() const noexcept { return timed_out_; }

    io_result try_read(std::span<std::byte> into) { return stream_.try_read_some(into); }

    /// Waits for bytes. Errors: those of the stream; `stall_timeout` when patience ran out.
    awaitable<std::error_code> wait_readable()
    {
        auto const ec = co_await stream_.wait_readable();
        co_return timed_out_ ? make_error_code(errc::stall_timeout) : ec;
    }

    /// Writes everything; each wait for the client may take `stall`. Lifetime: the buffers must outlive the await.
    awaitable<std::error_code> write(asio::const_buffer first, asio::const_buffer second,
                                     std::chrono::milliseconds stall)
    {
        std::array<asio::const_buffer, 2> what{first, second};
        bool waited = false;
        while (what[0].size() + what[1].size() != 0) {
            auto const put = stream_.try_write_some(what);
            std::size_t const of_first = std::min(put.bytes, what[0].size());
            what[0] += of_first;
            what[1] += put.bytes - of_first;
            if (put.ec == asio::error::would_block) {
                patience(stall);
                waited = true;
                auto const ec = co_await stream_.wait_writable();
                if (timed_out_)
                    co_return make_error_code(errc::stall_timeout);
                if (ec)
                    co_return ec;
            } else if (put.ec) {
                co_return put.ec;
            }
        }
        if (waited)
            endless_patience();
        co_return std::error_code();
    }

    /// Says that no more will come and throws away what the client still sends, at most `bytes` bytes and for at most
    /// `limit`. A socket that is closed with unread bytes resets the connection, and the client may lose an answer that
    /// it has not read yet.
    awaitable<void> linger(std::chrono::milliseconds limit, std::uint64_t bytes)
    {
        patience(limit);
        if (auto const ec = co_await stream_.shutdown(); ec || timed_out_)
            co_return;
        std::array<std::byte, 16 * 1024> scratch;
        while (bytes != 0 && !timed_out_) {
            auto const got = stream_.try_read_some(scratch);
            bytes -= std::min<std::uint64_t>(bytes, got.bytes);
            if (got.ec == asio::error::would_block) {
                if (auto const ec = co_await wait_readable(); ec)
                    co_return;
            } else if (got.ec) {
                co_return;
            }
        }
    }

    /// Ends the connection at once; with `reset` the client sees it broken, where the stream can say so.
    void close(bool reset = false) noexcept
    {
        deadline_.disarm();
        if constexpr (requires { stream_.socket().set_option(asio::socket_base::linger(true, 0)); }) {
            std::error_code ignored;
            if (reset)
                stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
        }
        stream_.close();
    }

private:
    static void on_deadline(void* subject) noexcept
    {
        auto& self = *static_cast<patient_stream*>(subject);
        self.deadline_.disarm();
        if (self.until_ == Clock::time_point::max())
            return;
        if (self.until_ > Clock::now())  // it was moved while the timer was on its way here
            return self.deadline_.arm(self.until_);
        self.timed_out_ = true;
        if constexpr (requires { self.stream_.socket().cancel(); }) {
            std::error_code ignored;
            self.stream_.socket().cancel(ignored);
        } else {
            self.stream_.close();
        }
    }

    Stream& stream_;
    typename watchdog<Clock>::deadline deadline_;
    typename Clock::time_point until_ = Clock::time_point::max();
    bool timed_out_ = false;
};

}  // namespace ossify

#endif
