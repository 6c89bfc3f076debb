#ifndef OSSIFY_TRANSPORT_NET_STREAM_HPP
#define OSSIFY_TRANSPORT_NET_STREAM_HPP

#include <ossify/transport/connect_race.hpp>
#include <ossify/transport/either_wait.hpp>
#include <ossify/transport/lookup.hpp>
#include <ossify/transport/send_file.hpp>
#include <ossify/transport/stream.hpp>
#include <ossify/transport/tls_engine.hpp>
#include <ossify/transport/turn_receiver.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace ossify {

namespace detail {

/// The TLS settings of a transport's streams. Without any, the system's authorities are trusted, and they are only
/// loaded, once, when TLS is really wanted. Thread safety: a monitor.
class client_tls {
public:
    client_tls() = default;
    explicit client_tls(tls_context given) : context_(std::move(given)) {}

    result<tls_context> context()
    {
        std::lock_guard const lock(mutex_);
        if (!context_) {
            auto made = tls_context::client();
            if (!made)
                return made;
            context_.emplace(*std::move(made));
        }
        return *context_;
    }

private:
    std::mutex mutex_;
    std::optional<tls_context> context_;
};

}  // namespace detail

/// A TCP stream that is plain or speaks TLS, as a client or as a server. Models `byte_stream`.
/// One type for both keeps a user's translation unit small. Sends go straight to the non-blocking socket; all TLS
/// records of one attempt leave in one send.
class net_stream {
public:
    using socket_type = asio::ip::tcp::socket;

    net_stream(asio::any_io_executor ex, std::shared_ptr<detail::client_tls> tls)
        : socket_(std::move(ex)), tls_(std::move(tls))
    {
    }
    /// Takes over an accepted socket; for TLS, `accept_secure` must follow.
    explicit net_stream(socket_type accepted) : socket_(std::move(accepted))
    {
        std::error_code ignored;
        prepare_socket(ignored);
    }
    net_stream(net_stream const&) = delete;
    net_stream& operator=(net_stream const&) = delete;

    awaitable<result<void>> connect(peer const& to)
    {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        std::vector<asio::ip::tcp::endpoint> candidates;
        std::error_code ec;
        auto const address = asio::ip::make_address(to.host, ec);
        if (!ec) {
            candidates.emplace_back(address, to.port);
        } else {
            lookup_.emplace(ex, to.host, std::to_string(to.port));
            auto found = co_await lookup_->run();
            lookup_.reset();
            if (!found)
                co_return std::move(found).error();
            candidates = *std::move(found);
        }
        if (closed_)  // while we were about to look at the answer
            co_return failure(std::error_code(asio::error::operation_aborted));
        ec = asio::error::host_not_found;
        if (!candidates.empty()) {
            race_.emplace(socket_.get_executor(), ex, std::move(candidates));
            ec = co_await race_->run(socket_);
            race_.reset();
            if (!ec)
                prepare_socket(ec);
            if (!ec)
                co_return result<void>();
        }
        close();
        if (ec == asio::error::operation_aborted)
            co_return failure(ec);
        co_return failure(errc::connection_failed,
                          "cannot connect to " + to.host + ":" + std::to_string(to.port) + ": " + ec.message());
    }

    awaitable<result<void>> secure(peer const& to)
    {
        auto context = tls_->context();
        if (!context)
            co_return std::move(context).error();
        auto engine = tls_engine::client(*context, to.host, to.sni, detail::kernel_has_tls());
        if (!engine)
            co_return std::move(engine).error();
        engine_ = *std::move(engine);
        auto const shaken = co_await handshake();
        if (shaken)
            if (auto const keys = engine_->take_send_keys())
                kernel_sends_ = detail::start_kernel_tls(socket_.native_handle(), *keys);
        co_return shaken;
    }

    /// Server side of the handshake.
    awaitable<result<void>> accept_secure(tls_context context)
    {
        auto engine = tls_engine::server(context);
        if (!engine)
            co_return std::move(engine).error();
        engine_ = *std::move(engine);
        co_return co_await handshake();
    }

    io_result try_read_some(std::span<std::byte> into)
    {
        if (!engine_)
            return receive(into);
        for (;;) {
            io_result got = decrypt(into);
            if (got.bytes != 0 || got.ec != asio::error::would_block)
                return got;
            got = fill_engine();
            if (got.ec)
                return {got.ec, 0};
        }
    }

    io_result try_write_some(std::span<asio::const_buffer const> from)
    {
        std::error_code ec;
        if (!engine_ || (kernel_sends_ && engine_->output().empty())) {
            std::size_t const bytes = from.empty() ? 0 : socket_.write_some(from, ec);
            return {ec, bytes};
        }
        flush(ec);
        if (ec)
            return {ec, 0};
        std::size_t total = 0;
        for (auto const& buffer : from) {
            std::size_t const room = records_limit - total;
            std::span const plain(static_cast<std::byte const*>(buffer.data()), std::min(buffer.size(), room));
            std::size_t bytes = 0;
            auto const status = engine_->write(plain, bytes);
            total += bytes;
            if (status == tls_engine::status::failed)
                return {engine_->why().code(), total};
            if (status != tls_engine::status::done || total == records_limit)
                break;
        }
        flush(ec);
        if (ec == asio::error::would_block)
            ec = {};  // taken; the rest of the records goes out with the next step
        return {ec, total};
    }

    bool can_send_files() const noexcept { return !engine_ || kernel_sends_; }
    io_result try_send_file(int file, std::uint64_t offset, std::size_t bytes)
    {
        return detail::send_file(socket_.native_handle(), file, offset, bytes);
    }

    /// Cheaper than an attempt, a wait for readiness and another attempt: see `detail::turn_receiver`.
    awaitable<io_outcome> read_some(std::span<std::byte> into)
    {
        if (engine_)
            return read_secure(into);
        return receiver_.receive(into);
    }

    awaitable<std::error_code> wait_readable()
    {
        while (engine_ && !engine_->output().empty()) {
            std::error_code ec;
            flush(ec);
            if (ec && ec != asio::error::would_block)
                co_return std::error_code();  // the next attempt to read tells what happened
            if (!ec)
                break;
            auto [waited] = co_await socket_.async_wait(socket_type::wait_write, awaited);
            if (waited)
                co_return waited;
        }
        auto [ec] = co_await socket_.async_wait(socket_type::wait_read, awaited);
        co_return ec;
    }

    awaitable<std::error_code> wait_writable()
    {
        auto [ec] = co_await socket_.async_wait(socket_type::wait_write, awaited);
        co_return ec;
    }

    /// For a sender that must not miss what the peer says meanwhile.
    awaitable<std::error_code> wait_writable_or_readable() { return detail::wait_either(socket_); }

    /// Ends the stream in order: what is still unsent, the closing alert of TLS, then the end of this direction.
    awaitable<std::error_code> shutdown()
    {
        std::error_code ec;
        if (engine_) {
            if (kernel_sends_)
                detail::send_kernel_tls_close(socket_.native_handle());
            else
                engine_->close_notify();
            for (flush(ec); ec == asio::error::would_block; flush(ec)) {
                auto [waited] = co_await socket_.async_wait(socket_type::wait_write, awaited);
                if (waited)
                    co_return waited;
            }
        }
        if (!ec)
            socket_.shutdown(asio::socket_base::shutdown_send, ec);
        co_return ec;
    }

    void close() noexcept
    {
        closed_ = true;
        if (lookup_)
            lookup_->abandon();
        if (race_)
            race_->abandon();
        std::error_code ignored;
        socket_.close(ignored);
    }

    bool is_open() const noexcept { return socket_.is_open(); }
    bool is_secure() const noexcept { return engine_ != nullptr; }
    socket_type& socket() noexcept { return socket_; }

private:
    // Plain bytes that one send encrypts at the most: few sends, and what four connections work on stays in the cache.
    static constexpr std::size_t records_limit = 96 * 1024;

    void prepare_socket(std::error_code& ec)
    {
        socket_.set_option(asio::ip::tcp::no_delay(true), ec);
        socket_.non_blocking(true, ec);
    }

    io_result receive(std::span<std::byte> into)
    {
        std::error_code ec;
        std::size_t const bytes = socket_.read_some(asio::buffer(into.data(), into.size()), ec);
        return {ec, bytes};
    }

    // What has come in by now. `would_block`: nothing that could be read.
    io_result decrypt(std::span<std::byte> into)
    {
        if (into.empty())
            return {};
        std::size_t bytes = 0;
        switch (engine_->read(into, bytes)) {
        case tls_engine::status::done: return {{}, bytes};
        case tls_engine::status::closed: return {asio::error::eof, 0};
        case tls_engine::status::failed: return {engine_->why().code(), 0};
        case tls_engine::status::want_input: break;
        }
        return {asio::error::would_block, 0};
    }

    awaitable<io_outcome> read_secure(std::span<std::byte> into)
    {
        for (;;) {
            io_result got = decrypt(into);
            if (got.bytes != 0 || got.ec != asio::error::would_block)
                co_return io_outcome(got.ec, got.bytes);
            std::error_code ec;
            for (flush(ec); ec == asio::error::would_block; flush(ec)) {  // the peer may need it before it answers
                auto [waited] = co_await socket_.async_wait(socket_type::wait_write, awaited);
                if (waited)
                    co_return io_outcome(waited, 0);
            }
            // what went wrong with that, the read tells
            auto const room = engine_->prepare_input();
            auto [read, bytes] = co_await receiver_.receive(room);
            got = filled({read, bytes});
            if (got.ec)
                co_return io_outcome(got.ec, 0);
        }
    }

    io_result fill_engine() { return filled(receive(engine_->prepare_input())); }

    io_result filled(io_result got)
    {
        engine_->commit_input(got.bytes);
        if (got.ec == asio::error::eof && !engine_->closed_by_peer())
            return {make_error_code(errc::truncated), 0};
        return got;
    }

    void flush(std::error_code& ec)
    {
        if (kernel_sends_ && !engine_->output().empty()) {
            // OpenSSL has something to say, new keys perhaps, and no longer knows how: the next connection will do
            ec = make_error_code(errc::connection_closed);
            return;
        }
        while (!engine_->output().empty()) {
            auto const out = engine_->output();
            std::size_t const bytes = socket_.write_some(asio::buffer(out.data(), out.size()), ec);
            engine_->consume_output(bytes);
            if (ec)
                return;
        }
    }

    awaitable<result<void>> handshake()
    {
        for (;;) {
            auto const status = engine_->handshake();
            std::error_code ec;
            flush(ec);
            if (ec == asio::error::would_block) {
                auto [waited] = co_await socket_.async_wait(socket_type::wait_write, awaited);
                ec = waited;
            }
            if (status == tls_engine::status::failed) {
                failure why = engine_->why();  // after the flush: the peer has been told
                close();
                co_return why;
            }
            if (!ec && status == tls_engine::status::done && engine_->output().empty())
                co_return result<void>();
            if (!ec && status == tls_engine::status::want_input) {
                io_result const got = fill_engine();
                ec = got.ec;
                if (ec == asio::error::would_block) {
                    auto [waited] = co_await socket_.async_wait(socket_type::wait_read, awaited);
                    ec = waited;
                }
            }
            if (ec) {
                close();
                if (ec == asio::error::operation_aborted)
                    co_return failure(ec);
                co_return failure(errc::tls_failed, "the peer ended the handshake: " + ec.message());
            }
        }
    }

    socket_type socket_;
    detail::turn_receiver receiver_{socket_};
    std::shared_ptr<detail::client_tls> tls_;
    std::unique_ptr<tls_engine> engine_;
    std::optional<detail::lookup> lookup_;
    std::optional<detail::connect_race> race_;
    bool closed_ = false;
    bool kernel_sends_ = false;  // the kernel encrypts what is sent
};

static_assert(file_sending_stream<net_stream>);

/// TCP and TLS on the caller's executor. Models `transport`.
class net_transport {
public:
    using stream_type = net_stream;
    using clock_type = std::chrono::steady_clock;

    net_transport() : tls_(std::make_shared<detail::client_tls>()) {}
    explicit net_transport(tls_context tls) : tls_(std::make_shared<detail::client_tls>(std::move(tls))) {}

    stream_type make_stream(asio::any_io_executor ex) const { return stream_type(std::move(ex), tls_); }

private:
    std::shared_ptr<detail::client_tls> tls_;
};

static_assert(transport<net_transport>);

}  // namespace ossify

#endif
