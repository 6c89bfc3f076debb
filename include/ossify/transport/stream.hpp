#ifndef OSSIFY_TRANSPORT_STREAM_HPP
#define OSSIFY_TRANSPORT_STREAM_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

namespace ossify {

/// How far one step of a stream got. `ec` may come with bytes: advance first, then look at it.
struct io_result {
    std::error_code ec;  ///< `asio::error::would_block`: nothing can move now; `asio::error::eof`: orderly end
    std::size_t bytes = 0;
};

/// Whom to connect to. A class, because it is passed as a temporary in statements that await (see core/gcc12.hpp).
class peer {
public:
    peer() = default;
    peer(std::string host_name, std::uint16_t port_number, bool tls)
        : host(std::move(host_name)), port(port_number), secure(tls)
    {
    }

    std::string host;         ///< a name or an address; IPv6 without brackets. TLS checks the certificate against it.
    std::uint16_t port = 0;
    bool secure = false;      ///< speak TLS
    bool sni = true;          ///< name the host in the handshake; the certificate is checked either way

    friend bool operator==(peer const&, peer const&) = default;
};

/// A stream of bytes to one peer, based on readiness: an attempt never waits, and waiting moves no byte.
///
/// The attempt is a plain function, so the usual case costs no coroutine frame and a large send goes straight to the
/// kernel. Semantics that a model must keep:
/// - `connect` resolves and connects; `secure` does the TLS handshake, with SNI, and checks the chain and the host name.
///   Each is awaited at most once. After a failure the stream is closed. The peer must outlive the await.
/// - `try_read_some` / `try_write_some` move what they can at once. Without `ec`, and with buffers that are not empty,
///   `1 <= bytes`. A written byte belongs to the stream; `wait_readable` and `shutdown` go on sending it if need be.
/// - An attempt to write nothing says `would_block` while bytes written before still wait to be sent.
/// - `wait_readable` / `wait_writable` complete when an attempt is worth making; an attempt may then still say
///   `would_block`. At most one of each is outstanding.
/// - The peer's orderly end is `asio::error::eof`. A TLS stream that ends without the closing alert gives
///   `errc::truncated`, so that a body that ends with the connection cannot be cut unnoticed.
/// - `close` ends the connection at once and makes every wait complete. It may be called again.
/// Cancellation: every await honours terminal cancellation; the stream is then only good for `close`.
/// Thread safety: not thread-safe. A stream does not move: it is made in its place.
template<class S>
concept byte_stream =
    std::destructible<S> && requires(S& s, S const& c, peer const& to, std::span<std::byte> in,
                                     std::span<asio::const_buffer const> out) {
        { s.connect(to) } -> std::same_as<awaitable<result<void>>>;
        { s.secure(to) } -> std::same_as<awaitable<result<void>>>;
        { s.try_read_some(in) } -> std::same_as<io_result>;
        { s.try_write_some(out) } -> std::same_as<io_result>;
        { s.wait_readable() } -> std::same_as<awaitable<std::error_code>>;
        { s.wait_writable() } -> std::same_as<awaitable<std::error_code>>;
        { s.shutdown() } -> std::same_as<awaitable<std::error_code>>;
        { s.close() } noexcept -> std::same_as<void>;
        { c.is_open() } noexcept -> std::same_as<bool>;
    };

/// A stream that can send the bytes of a file without their passing through this process.
/// - `can_send_files` tells whether it can as it is now: not while it encrypts.
/// - `try_send_file(file, offset, bytes)` is as `try_write_some`; a file that ends earlier is `errc::source_changed`.
template<class S>
concept file_sending_stream =
    byte_stream<S> && requires(S& s, S const& c, int file, std::uint64_t offset, std::size_t bytes) {
        { c.can_send_files() } noexcept -> std::same_as<bool>;
        { s.try_send_file(file, offset, bytes) } -> std::same_as<io_result>;
    };

/// What became of a read that may have waited: as `io_result`, in the form that Asio gives it.
using io_outcome = std::tuple<std::error_code, std::size_t>;

namespace detail {

template<byte_stream S>
awaitable<io_outcome> try_and_wait(S& stream, std::span<std::byte> into)
{
    for (;;) {
        io_result const got = stream.try_read_some(into);
        if (got.bytes != 0 || got.ec != asio::error::would_block)
            co_return io_outcome(got.ec, got.bytes);
        if (std::error_code const ec = co_await stream.wait_readable())
            co_return io_outcome(ec, 0);
    }
}

}  // namespace detail

/// Reads what is there, and waits for it if need be. A stream that can do both at a lower price than an attempt, a wait
/// and another attempt has a member of this name.
/// Lifetime: stream and buffer must live until the await returns. Cancellation: as that of the stream's waits.
template<byte_stream S>
awaitable<io_outcome> read_some(S& stream, std::span<std::byte> into)
{
    if constexpr (requires { { stream.read_some(into) } -> std::same_as<awaitable<io_outcome>>; })
        return stream.read_some(into);
    else
        return detail::try_and_wait(stream, into);
}

/// Waits until an attempt to write is worth making; where the stream can tell, also until something has come in.
/// Lifetime, cancellation: as those of the stream's waits.
template<byte_stream S>
awaitable<std::error_code> wait_to_send(S& stream)
{
    if constexpr (requires { { stream.wait_writable_or_readable() } -> std::same_as<awaitable<std::error_code>>; })
        return stream.wait_writable_or_readable();
    else
        return stream.wait_writable();
}

/// What makes streams, and names the clock by which deadlines, back-off and idle limits are counted.
/// A model is a cheap handle: copies share their settings.
template<class T>
concept transport = std::copy_constructible<T> && requires(T const& t, asio::any_io_executor ex) {
    typename T::stream_type;
    requires byte_stream<typename T::stream_type>;
    typename T::clock_type;
    requires std::chrono::is_clock_v<typename T::clock_type>;
    { t.make_stream(ex) } -> std::same_as<typename T::stream_type>;
};

}  // namespace ossify

#endif
