#ifndef OSSIFY_SERVER_HTTP_SERVER_HPP
#define OSSIFY_SERVER_HTTP_SERVER_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/core/result.hpp>
#include <ossify/server/connection.hpp>
#include <ossify/server/exchange.hpp>
#include <ossify/server/limits.hpp>
#include <ossify/transport/net_stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace ossify {

/// Where and how a server listens. Setters chain.
class http_server_config {
public:
    http_server_config() = default;

    /// `host` is an IP address or a name; port 0 takes a free one.
    http_server_config& listen(std::string host, std::uint16_t port)
    {
        host_ = std::move(host);
        port_ = port;
        return *this;
    }
    http_server_config& tls(tls_context context)
    {
        tls_ = std::move(context);
        return *this;
    }
    http_server_config& limits(http_limits const& limits)
    {
        limits_ = limits;
        return *this;
    }

    std::string const& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return port_; }
    std::optional<tls_context> const& tls() const noexcept { return tls_; }
    http_limits const& limits() const noexcept { return limits_; }

private:
    std::string host_ = "127.0.0.1";
    std::uint16_t port_ = 0;
    std::optional<tls_context> tls_;
    http_limits limits_;
};

/// An HTTP/1.1 server over TCP, with or without TLS: accepts connections and hands their requests to one handler.
/// Destroying it ends what is under way; nothing it started refers to it afterwards.
/// Thread safety: `stop` and the destructor may run anywhere; everything else on the server's executor.
class http_server {
public:
    /// `ex` must not run two handlers at once: a strand, or an io_context with one thread.
    http_server(asio::any_io_executor ex, http_server_config config, http_handler handler)
        : core_(std::make_shared<core>(std::move(ex), std::move(config), std::move(handler)))
    {
    }
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;
    ~http_server() { asio::dispatch(core_->ex, [core = core_] { core->abandon(); }); }

    /// Binds, listens, and starts accepting. After a failure it can be tried again.
    /// Errors: `host_not_found`; `connection_failed` when the address cannot be had, with the reason; `invalid_config`
    /// when it listens already or was stopped.
    result<void> start();

    /// The port it listens on. Valid after `start`.
    std::uint16_t port() const noexcept { return core_->local.port(); }
    asio::ip::tcp::endpoint local_endpoint() const { return core_->local; }
    bool is_secure() const noexcept { return core_->config.tls().has_value(); }

    std::size_t connections() const noexcept { return core_->open.size(); }

    /// Accepts no more, lets exchanges under way end within `grace`, then cuts off what is left. Completes when the
    /// last connection is gone. Another call meanwhile can only shorten the time.
    /// Cancellation: terminal cuts off at once.
    awaitable<void> stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

private:
    using clock = std::chrono::steady_clock;
    using connection_type = http_connection<net_stream, clock>;

    struct client {
        asio::cancellation_signal cancel;
        net_stream* stream = nullptr;
        connection_type* connection = nullptr;  // null during the TLS handshake
    };

    /// What connections share; they keep it alive.
    struct core : std::enable_shared_from_this<core> {
        core(asio::any_io_executor on, http_server_config with, http_handler calls)
            : ex(std::move(on)), config(std::move(with)), handler(std::move(calls)), acceptor(ex), changed(ex),
              dog(std::make_shared<watchdog<clock>>(ex))
        {
            changed.expires_at(asio::steady_timer::time_point::max());
        }

        void abandon() noexcept
        {
            stopping = true;
            std::error_code ignored;
            acceptor.close(ignored);
            cut_off();
            changed.cancel();
        }

        void cut_off() noexcept
        {
            for (auto it = open.begin(); it != open.end();) {
                auto& c = *it++;  // cancelling may end the connection and take it from the list
                if (c.stream != nullptr)
                    c.stream->close();
                c.cancel.emit(asio::cancellation_type::terminal);
            }
        }

        asio::any_io_executor ex;
        http_server_config config;
        http_handler handler;
        asio::ip::tcp::acceptor acceptor;
        asio::ip::tcp::endpoint local;
        asio::steady_timer changed;  // cancelled when a connection ends or the server stops; expires to cut off
        std::shared_ptr<watchdog<clock>> dog;
        std::list<client> open;
        bool stopping = false;
        bool accepting = false;
    };

    static awaitable<void> stop_core(std::shared_ptr<core> self, std::chrono::milliseconds grace);
    static awaitable<void> accept_loop(std::shared_ptr<core> self);
    static awaitable<void> serve(std::shared_ptr<core> self, std::list<client>::iterator me,
                                 asio::ip::tcp::socket socket);
    static awaitable<result<void>> handshake(std::shared_ptr<core> self, net_stream& stream);
    static void add_client(std::shared_ptr<core> const& self, asio::ip::tcp::socket socket);

    std::shared_ptr<core> core_;
};

inline result<void> http_server::start()
{
    auto& c = *core_;
    if (c.stopping || c.acceptor.is_open())
        return failure(errc::invalid_config, c.stopping ? "the server was stopped; a new one can listen"
                                                        : "the server listens already");
    std::error_code ec;
    auto address = asio::ip::make_address(c.config.host(), ec);
    if (ec) {
        asio::ip::tcp::resolver resolver(c.ex);
        auto const found = resolver.resolve(c.config.host(), std::to_string(c.config.port()), ec);
        if (ec || found.empty())
            return failure(errc::host_not_found, "cannot listen on \"" + c.config.host() + "\": " + ec.message());
        address = found.begin()->endpoint().address();
    }
    asio::ip::tcp::endpoint const wanted(address, c.config.port());
    c.acceptor.open(wanted.protocol(), ec);
    if (!ec)
        c.acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec)
        c.acceptor.bind(wanted, ec);
    if (!ec)
        c.acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec)
        c.local = c.acceptor.local_endpoint(ec);
    if (ec) {
        std::error_code ignored;
        c.acceptor.close(ignored);
        return failure(errc::connection_failed, "cannot listen on " + c.config.host() + ":" +
                                                    std::to_string(c.config.port()) + ": " + ec.message());
    }
    c.accepting = true;
    auto on_end = [self = core_](std::exception_ptr) {
        self->accepting = false;
        self->changed.cancel();
    };
    asio::co_spawn(c.ex, accept_loop(core_), std::move(on_end));
    return {};
}

inline awaitable<void> http_server::accept_loop(std::shared_ptr<core> self)
{
    while (!self->stopping) {
        if (self->open.size() >= self->config.limits().connections) {
            co_await self->changed.async_wait(awaited);  // until a connection ends
            continue;
        }
        auto accepted = co_await self->acceptor.async_accept(awaited);
        auto const ec = std::get<0>(accepted);
        if (self->stopping)
            break;
        if (!ec) {
            add_client(self, std::get<1>(std::move(accepted)));
        } else if (ec != asio::error::connection_aborted) {
            // out of descriptors or memory: let some connections end first
            asio::steady_timer pause(self->ex, std::chrono::milliseconds(50));
            co_await pause.async_wait(awaited);
        }
    }
}

inline void http_server::add_client(std::shared_ptr<core> const& self, asio::ip::tcp::socket socket)
{
    auto const me = self->open.emplace(self->open.end());
    // The signal must outlive the coroutine's last step, which this is: so it goes one step later.
    auto forget = [self, me] {
        self->open.erase(me);
        self->changed.cancel();
    };
    auto on_end = [self, forget](std::exception_ptr) { asio::post(self->ex, forget); };
    asio::co_spawn(self->ex, serve(self, me, std::move(socket)),
                   asio::bind_cancellation_slot(me->cancel.slot(), std::move(on_end)));
}

inline awaitable<void> http_server::serve(std::shared_ptr<core> self, std::list<client>::iterator me,
                                          asio::ip::tcp::socket socket)
{
    http_client_facts facts;
    std::error_code ec;
    auto const remote = socket.remote_endpoint(ec);
    facts.address = remote.address().to_string();
    facts.port = remote.port();
    facts.secure = self->config.tls().has_value();

    net_stream stream(std::move(socket));
    me->stream = &stream;
    result<void> ready;
    if (facts.secure)
        ready = co_await handshake(self, stream);
    if (ready && !self->stopping) {
        connection_type connection(stream, self->ex, self->dog, self->config.limits(), self->handler,
                                   std::move(facts));
        me->connection = &connection;
        try {
            co_await connection.run();
        } catch (...) {
            // cancelled: the connection ends here
        }
        me->connection = nullptr;
    }
    me->stream = nullptr;
}

inline awaitable<result<void>> http_server::handshake(std::shared_ptr<core> self, net_stream& stream)
{
    auto const give_up = [](void* subject) noexcept { static_cast<net_stream*>(subject)->close(); };
    watchdog<clock>::deadline limit(self->dog, self->ex, give_up, &stream);
    limit.arm(clock::now() + self->config.limits().tls);
    auto const done = co_await stream.accept_secure(*self->config.tls());
    co_return done;
}

inline awaitable<void> http_server::stop(std::chrono::milliseconds grace)
{
    // in a coroutine of its own, on the server's executor
    co_await asio::co_spawn(core_->ex, stop_core(core_, grace), asio::use_awaitable_t<asio::any_io_executor>{});
}

inline awaitable<void> http_server::stop_core(std::shared_ptr<core> self, std::chrono::milliseconds grace)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    self->stopping = true;
    std::error_code ignored;
    self->acceptor.close(ignored);
    for (auto& c : self->open) {
        if (c.connection != nullptr)
            c.connection->stop_soon();
        else if (c.stream != nullptr)
            c.stream->close();
    }
    // One timer for all stops at once: to set it wakes who waits for it, so it is set only when that must be.
    if (auto const until = clock::now() + grace; until < self->changed.expiry())
        self->changed.expires_at(until);
    while (!self->open.empty() || self->accepting) {
        co_await self->changed.async_wait(awaited);
        auto const state = co_await asio::this_coro::cancellation_state;
        bool const cancelled = state.cancelled() != asio::cancellation_type::none;
        if (cancelled)
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        if (cancelled || clock::now() >= self->changed.expiry()) {
            self->changed.expires_at(clock::time_point::max());
            self->cut_off();
        }
    }
}

}  // namespace ossify

#endif
