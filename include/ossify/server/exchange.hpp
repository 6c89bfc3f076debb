#ifndef OSSIFY_SERVER_EXCHANGE_HPP
#define OSSIFY_SERVER_EXCHANGE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Who sent a request, and how it came.
class http_client_facts {
public:
    http_client_facts() = default;

    std::string address;  ///< the client's IP address as text
    std::uint16_t port = 0;
    bool secure = false;  ///< over TLS
};

/// One request at a server and the answer to it: what a handler works with. The body is read as it arrives, and need
/// not be read at all. Exactly one of `reply`, `start_reply` and `drop` ends the exchange; when a handler calls none,
/// the client gets 500.
/// Lifetime: ends when the handler returns. Thread safety: not thread-safe; runs on the connection's executor.
class http_exchange {
public:
    http_exchange(http_exchange const&) = delete;
    http_exchange& operator=(http_exchange const&) = delete;

    virtual http::request_head const& head() const noexcept = 0;
    virtual http_client_facts const& client() const noexcept = 0;

    /// The body's length, when the client gave it.
    virtual std::optional<std::uint64_t> content_length() const = 0;

    /// The bytes of the body that have arrived and are not consumed. The view ends with the next call of a member.
    virtual std::string_view body() const = 0;
    virtual void consume(std::size_t bytes) = 0;
    /// True when no more of the body will arrive; `body()` may still hold some.
    virtual bool body_complete() const = 0;

    /// Waits until more of the body has arrived or it is complete. What is in `body()` must be consumed first.
    /// The first call lets a client go on that waits for 100 Continue.
    /// Errors: `truncated` and `connection_closed` when the client went away; `stall_timeout` when it sent nothing for
    /// too long: it can then still be told; `malformed_http`, `body_too_large`.
    /// Cancellation: terminal; the connection is then closed.
    virtual awaitable<result<void>> more_body() = 0;

    /// Reads the rest of the body. Errors: as `more_body`; `body_too_large` beyond `limit` bytes.
    awaitable<result<std::string>> read_body(std::size_t limit);

    /// Answers with a body at hand; it is sent when the handler returns. Sets Content-Length unless `head` has one,
    /// and leaves the body out where HTTP wants none.
    void reply(http::response_head head, std::string body = {})
    {
        reply_head_ = std::move(head);
        reply_body_ = std::move(body);
        state_ = answer::whole;
    }

    /// Starts an answer whose body, of exactly `length` bytes, follows with `send`.
    virtual awaitable<result<void>> start_reply(http::response_head head, std::uint64_t length) = 0;
    /// Sends bytes of that body. Lifetime: `bytes` must live until the await returns.
    virtual awaitable<result<void>> send(std::span<std::byte const> bytes) = 0;

    /// Sends bytes as they are, whatever they mean to the client; `drop` should follow. For tests of clients.
    virtual awaitable<result<void>> send_raw(std::string bytes) = 0;

    /// How `drop` ends the connection.
    enum class ending { orderly, reset };
    /// Ends the connection without an answer, or in the middle of one.
    void drop(ending how = ending::orderly) noexcept
    {
        state_ = answer::dropped;
        ending_ = how;
    }

    /// Asks for this connection to be closed after the answer.
    void close_after_reply() noexcept { close_after_ = true; }

protected:
    enum class answer { none, whole, streamed, dropped };

    http_exchange() = default;
    ~http_exchange() = default;

    http::response_head reply_head_;
    std::string reply_body_;
    answer state_ = answer::none;
    ending ending_ = ending::orderly;
    bool close_after_ = false;
};

/// What a server does with a request. Lifetime: the exchange lives until the returned coroutine ends.
/// Errors: an exception that leaves it is answered with 500 and closes the connection.
using http_handler = std::function<awaitable<void>(http_exchange&)>;

inline awaitable<result<std::string>> http_exchange::read_body(std::size_t limit)
{
    std::string out;
    for (;;) {
        auto const arrived = body();
        if (arrived.size() > limit - out.size())
            co_return failure(errc::body_too_large, "the request's body has more than " + std::to_string(limit) + " bytes");
        out.append(arrived);
        consume(arrived.size());
        if (body_complete() && body().empty())
            co_return out;
        if (auto more = co_await more_body(); !more)
            co_return std::move(more).error();
    }
}

}  // namespace ossify

#endif
