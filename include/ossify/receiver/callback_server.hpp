#ifndef OSSIFY_RECEIVER_CALLBACK_SERVER_HPP
#define OSSIFY_RECEIVER_CALLBACK_SERVER_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>
#include <ossify/receiver/callback_router.hpp>
#include <ossify/receiver/server_config.hpp>
#include <ossify/server/exchange.hpp>
#include <ossify/server/http_server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace ossify {

/// The application server's end of callbacks: listens, verifies what arrives, hands it to handlers, and answers within
/// the time and in the form that the service wants. Read `callback_verifier` on what the signature is worth.
///
///     ossify::callback_server server(executor, ossify::server_config().listen("0.0.0.0", 8080));
///     server.on<photo_contract>("/oss/photo", handler);
///     co_await server.run();
///
/// Destroying it cuts off what is under way.
/// Thread safety: not thread-safe; everything happens on the executor given to the constructor.
class callback_server {
public:
    /// `ex` must not run two handlers at once: a strand, or an io_context with one thread. Errors: throws `ossify::error` for
    /// a key URL that is none.
    explicit callback_server(asio::any_io_executor ex, server_config const& config = {})
        : router_(std::make_shared<callback_router>(ex, config.receiver())), stopped_(ex),
          server_(std::move(ex), config.http(), [router = router_](http_exchange& x) { return router->handle(x); })
    {
        stopped_.expires_at(asio::steady_timer::time_point::max());
    }

    /// See `basic_callback_router`.
    template<class Contract, class Handler>
    callback_route<Contract> on(std::string path, Handler handler)
    {
        return router_->on<Contract>(std::move(path), std::move(handler));
    }
    template<class Handler>
    void on_any(Handler handler)
    {
        router_->on_any(std::move(handler));
    }

    /// Binds and listens; before this no port is taken. `run` does it when nobody did. Nothing happens while it listens.
    /// Errors: host_not_found; connection_failed when the address cannot be had; invalid_config after `stop`, because
    /// a server listens once.
    result<void> start()
    {
        if (state_ == state::serving)
            return {};
        auto started = server_.start();
        if (started)
            state_ = state::serving;
        return started;
    }

    /// Serves until `stop` was called and is done; returns at once when that was before.
    /// Errors: as `start`. Cancellation: terminal; what is under way is cut off before this returns.
    awaitable<result<void>> run();

    /// Accepts no more, lets callbacks under way be answered within `grace`, then cuts off what is left. Waits as long
    /// for handlers that were given up before. Another call meanwhile can only shorten the time: `stop(0ms)` cuts off.
    /// Does nothing before `start`. Cancellation: terminal cuts off at once.
    awaitable<void> stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

    /// Valid after `start`.
    std::uint16_t port() const noexcept { return server_.port(); }
    /// Valid after `start`: "http://127.0.0.1:8080"; for an unspecified address, that of this machine.
    std::string url() const;

    std::size_t connections() const noexcept { return server_.connections(); }

private:
    enum class state { idle, serving, stopping, stopped };

    std::shared_ptr<callback_router> router_;
    asio::steady_timer stopped_;  // cancelled when the state changes
    http_server server_;
    state state_ = state::idle;
    std::size_t stops_ = 0;  // under way
    std::chrono::steady_clock::time_point stop_by_ = std::chrono::steady_clock::time_point::max();
};

inline std::string callback_server::url() const
{
    auto address = server_.local_endpoint().address();
    if (address.is_unspecified())
        address = address.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                  : asio::ip::address(asio::ip::address_v4::loopback());
    std::string const host = address.is_v6() ? '[' + address.to_string() + ']' : address.to_string();
    return (server_.is_secure() ? "https://" : "http://") + host + ':' + std::to_string(port());
}

inline awaitable<result<void>> callback_server::run()
{
    if (state_ == state::idle) {
        auto started = start();
        if (!started)
            co_return started;
    }
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cut_off = false;
    while (state_ != state::stopped) {
        co_await stopped_.async_wait(awaited);
        auto const cancelled = co_await asio::this_coro::cancellation_state;
        if (!cut_off && cancelled.cancelled() != asio::cancellation_type::none) {
            cut_off = true;
            co_await stop(std::chrono::milliseconds(0));  // another stop may end later
        }
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return result<void>();
}

inline awaitable<void> callback_server::stop(std::chrono::milliseconds grace)
{
    if (state_ == state::idle || state_ == state::stopped)
        co_return;
    state_ = state::stopping;
    stop_by_ = std::min(stop_by_, std::chrono::steady_clock::now() + grace);
    // The state must change at the end of the last call whatever happens: `run` waits for it.
    struct ending {
        explicit ending(callback_server& s) : server(s) { ++server.stops_; }
        ending(ending const&) = delete;
        ending& operator=(ending const&) = delete;
        ~ending()
        {
            if (--server.stops_ != 0)
                return;
            server.state_ = state::stopped;
            server.stopped_.cancel();
        }
        callback_server& server;
    };
    ending const end(*this);
    co_await server_.stop(grace);
    while (router_->late_handlers() != 0 && std::chrono::steady_clock::now() < stop_by_) {
        asio::steady_timer pause(stopped_.get_executor(), std::chrono::milliseconds(10));
        co_await pause.async_wait(awaited);
    }
}

}  // namespace ossify

#endif
