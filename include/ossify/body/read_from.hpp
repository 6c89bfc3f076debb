#ifndef OSSIFY_BODY_READ_FROM_HPP
#define OSSIFY_BODY_READ_FROM_HPP

#include <ossify/body/stream_source.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

namespace ossify {

/// An Asio stream as a `stream_source`: a socket, a pipe (`asio::posix::stream_descriptor`), a TLS stream, a serial port.
/// Its end (`asio::error::eof`) ends the object; any other error fails the upload.
template<class AsyncReadStream>
class read_from_stream {
public:
    explicit read_from_stream(std::shared_ptr<AsyncReadStream> stream) : stream_(std::move(stream)) {}

    awaitable<result<std::size_t>> read_some(std::span<std::byte> out) { return read(stream_, out); }

private:
    static awaitable<result<std::size_t>> read(std::shared_ptr<AsyncReadStream> from, std::span<std::byte> out)
    {
        auto [ec, bytes] = co_await from->async_read_some(asio::buffer(out.data(), out.size()), awaited);
        if (bytes != 0)
            co_return bytes;  // an error that came with bytes comes again
        if (!ec || ec == asio::error::eof)
            co_return std::size_t{0};
        if (ec == asio::error::operation_aborted)
            co_return failure(errc::cancelled);
        co_return failure(errc::source_failed, "reading from the stream: " + ec.message());
    }

    std::shared_ptr<AsyncReadStream> stream_;
};

/// Reads from a stream that stays the caller's. Lifetime: it must outlive the upload.
template<class AsyncReadStream>
read_from_stream<AsyncReadStream> read_from(AsyncReadStream& stream)
{
    return read_from_stream<AsyncReadStream>(std::shared_ptr<AsyncReadStream>(std::shared_ptr<void>(), &stream));
}

/// Reads from a stream that the upload keeps.
template<class AsyncReadStream>
    requires(!std::is_lvalue_reference_v<AsyncReadStream>)
read_from_stream<AsyncReadStream> read_from(AsyncReadStream&& stream)
{
    return read_from_stream<AsyncReadStream>(std::make_shared<AsyncReadStream>(std::move(stream)));
}

}  // namespace ossify

#endif
