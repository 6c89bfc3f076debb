#ifndef OSSIFY_TRANSPORT_CONNECT_RACE_HPP
#define OSSIFY_TRANSPORT_CONNECT_RACE_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace ossify::detail {

/// Connects to whichever of several addresses answers first, so that one that swallows all packets holds nobody up. They
/// are tried in their order: the next attempt begins when one has failed, or has not succeeded within `pause`, and the
/// first that succeeds ends the others (RFC 8305, section 5).
/// Thread safety: not thread-safe; used on the executor `ex`, which must not run two handlers at once.
class connect_race {
public:
    using socket_type = asio::ip::tcp::socket;
    using endpoint_type = asio::ip::tcp::endpoint;

    /// `sockets`: the executor of the sockets. `candidates`: one or more.
    connect_race(asio::any_io_executor sockets, asio::any_io_executor ex, std::vector<endpoint_type> candidates,
                 std::chrono::milliseconds pause = std::chrono::milliseconds(250))
        : shared_(std::make_shared<state>(std::move(sockets), std::move(ex), std::move(candidates), pause))
    {
    }

    /// Connects `socket`, which is closed before. Awaited once.
    /// Returns: no error; `asio::error::operation_aborted` after `abandon` or when cancelled; else how the attempt failed
    /// that ended last. Cancellation: all types. Lifetime: the socket must live until the await returns.
    awaitable<std::error_code> run(socket_type& socket)
    {
        stop_at_end const guard(shared_);
        if (shared_->stopped)
            co_return shared_->outcome;
        shared_->begin();
        co_await shared_->ended.async_wait(awaited);
        if (shared_->winner != nullptr)
            socket = std::move(*shared_->winner);
        else if (!shared_->stopped)  // it was the wait that was cancelled
            co_return std::error_code(asio::error::operation_aborted);
        co_return shared_->outcome;
    }

    /// Ends all attempts, and `run`.
    void abandon() noexcept
    {
        shared_->winner = nullptr;
        shared_->outcome = asio::error::operation_aborted;
        shared_->stop();
    }

private:
    struct state : std::enable_shared_from_this<state> {
        state(asio::any_io_executor of_sockets, asio::any_io_executor of_handlers, std::vector<endpoint_type> to,
              std::chrono::milliseconds until_next)
            : sockets_ex(std::move(of_sockets)), ex(std::move(of_handlers)), candidates(std::move(to)), pause(until_next),
              next(ex), ended(ex, asio::steady_timer::time_point::max())
        {
        }

        void begin()
        {
            socket_type& socket = attempts.emplace_back(sockets_ex);
            std::size_t const begun = attempts.size();
            auto on_end = [self = shared_from_this(), &socket](std::error_code ec) { self->end(socket, ec); };
            socket.async_connect(candidates[begun - 1], asio::bind_executor(ex, std::move(on_end)));
            if (begun == candidates.size())
                return;
            next.expires_after(pause);
            auto on_time = [self = shared_from_this(), begun](std::error_code ec) {
                if (!ec && !self->stopped && self->attempts.size() == begun)
                    self->begin();
            };
            next.async_wait(asio::bind_executor(ex, std::move(on_time)));
        }

        void end(socket_type& socket, std::error_code ec)
        {
            if (stopped)
                return;
            outcome = ec;
            if (!ec) {
                winner = &socket;
                stop();
                return;
            }
            std::error_code ignored;
            socket.close(ignored);
            ++failed;
            if (attempts.size() != candidates.size())
                begin();
            else if (failed == candidates.size())
                stop();
        }

        void stop() noexcept
        {
            stopped = true;
            next.cancel();
            ended.cancel();
            std::error_code ignored;
            for (socket_type& socket : attempts)
                if (&socket != winner)
                    socket.close(ignored);
        }

        asio::any_io_executor sockets_ex;
        asio::any_io_executor ex;
        std::vector<endpoint_type> candidates;
        std::chrono::milliseconds pause;
        asio::steady_timer next;   // begins the next attempt
        asio::steady_timer ended;  // is cancelled at the end
        std::list<socket_type> attempts;
        std::size_t failed = 0;
        socket_type* winner = nullptr;
        std::error_code outcome;
        bool stopped = false;
    };

    class stop_at_end {
    public:
        explicit stop_at_end(std::shared_ptr<state> race) : race_(std::move(race)) {}
        stop_at_end(stop_at_end const&) = delete;
        stop_at_end& operator=(stop_at_end const&) = delete;
        ~stop_at_end() { race_->stop(); }

    private:
        std::shared_ptr<state> race_;
    };

    std::shared_ptr<state> shared_;
};

}  // namespace ossify::detail

#endif
