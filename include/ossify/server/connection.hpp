#ifndef OSSIFY_SERVER_CONNECTION_HPP
#define OSSIFY_SERVER_CONNECTION_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/parser.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/server/exchange.hpp>
#include <ossify/server/limits.hpp>
#include <ossify/server/patient_stream.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The server's end of one HTTP/1.1 connection: reads requests one after the other, also pipelined ones, has each
/// handled, and sends the answers in order. One place in memory, one coroutine.
/// Thread safety: not thread-safe; everything happens on the executor given to the constructor.
template<byte_stream Stream, class Clock>
class http_connection final : private http_exchange {
public:
    /// Lifetime: `stream`, `limits` and `handler` must outlive the connection.
    http_connection(Stream& stream, asio::any_io_executor ex, std::shared_ptr<watchdog<Clock>> dog,
                    http_limits const& limits, http_handler const& handler, http_client_facts client)
        : stream_(stream, std::move(ex), std::move(dog)), limits_(limits), handler_(handler),
          client_(std::move(client)), parser_(parser_limits(limits))
    {
    }

    /// Serves until the client ends the connection, breaks a rule or a limit, or `stop_soon` was called.
    /// Cancellation: terminal; the stream is then closed.
    awaitable<void> run();

    /// Ends the connection after the exchange that is under way, at once when there is none.
    void stop_soon() noexcept
    {
        stopping_ = true;
        if (phase_ == phase::between)
            stream_.close();
    }

    /// True while a request is being received or handled.
    bool busy() const noexcept { return phase_ != phase::between; }

private:
    enum class phase { between, receiving, handling };

    static http::parser_limits parser_limits(http_limits const& from)
    {
        http::parser_limits out;
        out.header_bytes = from.header_bytes;
        out.header_count = from.header_count;
        out.body_bytes = from.body_bytes;
        out.read_bytes = from.read_bytes;
        return out;
    }

    // --- http_exchange ---
    http::request_head const& head() const noexcept override { return parser_.head(); }
    http_client_facts const& client() const noexcept override { return client_; }
    std::optional<std::uint64_t> content_length() const override { return parser_.content_length(); }
    std::string_view body() const override { return parser_.body(); }
    void consume(std::size_t bytes) override { parser_.consume_body(bytes); }
    bool body_complete() const override { return parser_.complete(); }
    awaitable<result<void>> more_body() override;
    awaitable<result<void>> start_reply(http::response_head head, std::uint64_t length) override;
    awaitable<result<void>> send(std::span<std::byte const> bytes) override;
    awaitable<result<void>> send_raw(std::string bytes) override;

    awaitable<bool> receive_head();
    awaitable<bool> answer_request();
    awaitable<bool> end_streamed();
    awaitable<bool> drain();
    awaitable<result<void>> fill(std::chrono::milliseconds patience);
    awaitable<result<void>> write(asio::const_buffer first, asio::const_buffer second = {});
    void refuse(failure const& why);
    void write_reply_head(http::response_head& head);

    bool reply_has_body(unsigned status) const noexcept
    {
        bool const asked_for_head = parser_.head_complete() && head().method == http::method::head;
        return !asked_for_head && status >= 200 && status != 204 && status != 304;
    }
    /// True when what the handler left of the body is worth reading to keep the connection.
    bool rest_is_small() const
    {
        if (parser_.complete())
            return true;
        auto const length = parser_.head_complete() ? parser_.content_length() : std::nullopt;
        return !continue_owed_ && length && *length <= limits_.drain_bytes;
    }
    result<void> broken(std::error_code ec)
    {
        broken_ = true;
        if (ec == errc::stall_timeout)
            return failure(ec, "the client moved no byte for too long");
        if (ec == asio::error::eof || ec == asio::error::connection_reset || ec == asio::error::broken_pipe)
            return failure(errc::connection_closed, "the client closed the connection");
        return failure(ec);
    }

    patient_stream<Stream, Clock> stream_;
    http_limits const& limits_;
    http_handler const& handler_;
    http_client_facts client_;
    http::request_parser parser_;
    std::string out_;
    std::uint64_t streamed_left_ = 0;
    phase phase_ = phase::between;
    bool stopping_ = false;
    bool continue_owed_ = false;
    bool keep_ = false;
    bool broken_ = false;  // reading or writing failed: the connection can carry nothing more
};

template<byte_stream Stream, class Clock>
awaitable<void> http_connection<Stream, Clock>::run()
{
    bool reset = false;
    while (!stopping_ && co_await receive_head()) {
        state_ = answer::none;
        ending_ = ending::orderly;
        close_after_ = false;
        keep_ = parser_.keep_alive();
        continue_owed_ = http::expects_continue(head());
        phase_ = phase::handling;
        stream_.endless_patience();
        bool failed = false;
        try {
            co_await handler_(*this);
        } catch (...) {
            failed = true;
        }
        if (failed && state_ == answer::whole)
            state_ = answer::none;
        reset = state_ == answer::dropped && ending_ == ending::reset;
        if (!co_await answer_request())
            break;
        phase_ = phase::between;
        if (auto begun = parser_.next(); !begun) {
            refuse(begun.error());
            co_await answer_request();
            break;
        }
    }
    stream_.close(reset);
}

template<byte_stream Stream, class Clock>
awaitable<bool> http_connection<Stream, Clock>::receive_head()
{
    while (!parser_.head_complete()) {
        if (phase_ == phase::between && parser_.started()) {
            phase_ = phase::receiving;
            stream_.patience(limits_.head);
        } else if (phase_ == phase::between) {
            stream_.patience(limits_.idle);
        }
        auto const got = stream_.try_read(parser_.prepare());
        result<void> parsed;
        if (got.bytes != 0)
            parsed = parser_.commit(got.bytes);
        if (!parsed) {
            refuse(parsed.error());
            co_await answer_request();
            co_return false;
        }
        if (parser_.head_complete())
            break;
        if (got.ec == asio::error::would_block) {
            auto const ec = co_await stream_.wait_readable();
            if (ec == errc::stall_timeout && phase_ == phase::receiving) {
                refuse(failure(ec));
                co_await answer_request();
            }
            if (ec)
                co_return false;
        } else if (got.ec) {
            co_return false;
        }
    }
    co_return true;
}

template<byte_stream Stream, class Clock>
void http_connection<Stream, Clock>::refuse(failure const& why)
{
    unsigned status = 400;
    if (why == errc::header_too_large)
        status = 431;
    else if (why == errc::body_too_large)
        status = 413;
    else if (why == errc::stall_timeout)
        status = 408;
    else if (why == errc::not_supported)
        status = 501;
    http::response_head head(status);
    head.headers.set("Content-Type", "text/plain; charset=utf-8");
    keep_ = false;
    reply(std::move(head), to_string(why) + "\n");
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::fill(std::chrono::milliseconds limit)
{
    stream_.patience(limit);
    for (;;) {
        auto const room = parser_.prepare();
        if (room.empty())
            co_return failure(errc::malformed_http, "the message was refused");
        auto const got = stream_.try_read(room);
        if (got.bytes != 0) {
            auto parsed = parser_.commit(got.bytes);
            if (!parsed)
                broken_ = true;
            co_return parsed;
        }
        if (got.ec == asio::error::would_block) {
            if (auto const ec = co_await stream_.wait_readable(); ec)
                co_return broken(ec);
        } else if (got.ec) {
            auto const why = broken(got.ec);
            if (got.ec == asio::error::eof)
                co_return failure(errc::truncated, "the client closed before its body was complete");
            co_return why;
        }
    }
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::more_body()
{
    if (broken_)
        co_return failure(errc::connection_closed);
    if (std::exchange(continue_owed_, false) && !parser_.complete() && parser_.body().empty()) {
        auto told = co_await send_raw("HTTP/1.1 100 Continue\r\n\r\n");
        if (!told)
            co_return told;
    }
    while (!parser_.complete() && parser_.body().empty())
        if (auto more = co_await fill(limits_.stall); !more)
            co_return more;
    stream_.endless_patience();
    co_return result<void>();
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::write(asio::const_buffer first, asio::const_buffer second)
{
    auto const ec = co_await stream_.write(first, second, limits_.stall);
    co_return ec ? broken(ec) : result<void>();
}

template<byte_stream Stream, class Clock>
void http_connection<Stream, Clock>::write_reply_head(http::response_head& head)
{
    if (stopping_ || close_after_ || broken_)
        keep_ = false;
    if (!keep_)
        head.headers.set("Connection", "close");
    else if (parser_.head().minor_version == 0)
        head.headers.set("Connection", "keep-alive");
    out_.clear();
    http::write_head(out_, head);
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::start_reply(http::response_head head, std::uint64_t length)
{
    state_ = answer::streamed;
    head.headers.set("Content-Length", std::to_string(length));
    if (!parser_.complete())
        keep_ = false;  // the client may be sending yet, and nobody would read it meanwhile
    write_reply_head(head);
    streamed_left_ = reply_has_body(head.status) ? length : 0;
    return write(asio::buffer(out_));
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::send(std::span<std::byte const> bytes)
{
    bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), streamed_left_)));
    streamed_left_ -= bytes.size();
    return write(asio::buffer(bytes.data(), bytes.size()));
}

template<byte_stream Stream, class Clock>
awaitable<result<void>> http_connection<Stream, Clock>::send_raw(std::string bytes)
{
    auto const sent = co_await write(asio::buffer(bytes));
    co_return sent;
}

/// Sends what the handler decided. Returns: whether the connection can carry another request.
template<byte_stream Stream, class Clock>
awaitable<bool> http_connection<Stream, Clock>::answer_request()
{
    if (state_ == answer::dropped)
        co_return false;
    if (state_ == answer::streamed)
        co_return co_await end_streamed();
    if (state_ == answer::none) {
        keep_ = false;
        http::response_head head(500);
        head.headers.set("Content-Type", "text/plain; charset=utf-8");
        reply(std::move(head), "the server failed to answer\n");
    }
    if (!rest_is_small())
        keep_ = false;  // the head must say so
    if (!reply_head_.headers.contains("Content-Length") && reply_head_.status != 204 && reply_head_.status != 304)
        reply_head_.headers.set("Content-Length", std::to_string(reply_body_.size()));
    write_reply_head(reply_head_);
    auto const body = reply_has_body(reply_head_.status) ? asio::buffer(reply_body_) : asio::const_buffer();
    auto const sent = co_await write(asio::buffer(out_), body);
    if (!sent)
        co_return false;
    if (keep_)
        co_return co_await drain();
    co_await stream_.linger(limits_.linger, limits_.linger_bytes);
    co_return false;
}

template<byte_stream Stream, class Clock>
awaitable<bool> http_connection<Stream, Clock>::end_streamed()
{
    if (streamed_left_ != 0 || broken_)
        co_return false;
    if (keep_)
        co_return co_await drain();
    co_await stream_.linger(limits_.linger, limits_.linger_bytes);
    co_return false;
}

/// Throws the rest of the request away. Returns: whether it ended in time.
template<byte_stream Stream, class Clock>
awaitable<bool> http_connection<Stream, Clock>::drain()
{
    for (;;) {
        parser_.consume_body(parser_.body().size());
        if (parser_.complete() && parser_.body().empty())
            co_return true;
        if (auto more = co_await fill(limits_.linger); !more)
            co_return false;
    }
}

}  // namespace ossify

#endif
