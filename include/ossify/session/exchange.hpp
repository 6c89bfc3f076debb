#ifndef OSSIFY_SESSION_EXCHANGE_HPP
#define OSSIFY_SESSION_EXCHANGE_HPP

#include <ossify/body/source.hpp>
#include <ossify/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Time limits of one request. Zero means none.
class timeouts {
public:
    timeouts() = default;

    std::chrono::milliseconds connect{10'000};    ///< resolving and connecting
    std::chrono::milliseconds handshake{10'000};  ///< TLS
    std::chrono::milliseconds stall{30'000};      ///< while a request is sent: between two steps in which a byte moved
    /// From the last byte sent to the first of the answer, and then between two reads of it, to its end. That it passed
    /// is told as `stall_timeout`, too. A completion, whose parts the service joins first, has 15 minutes in all.
    std::chrono::milliseconds answer{60'000};
    /// The whole operation with all its attempts: its connections and waits. A body source or a credentials provider
    /// that hangs is not cut short by it; nothing is sent after it.
    std::chrono::milliseconds operation{0};
};

/// Which connections are kept for later requests.
class idle_limits {
public:
    idle_limits() = default;
    idle_limits(std::chrono::milliseconds most_age, std::size_t most_connections)
        : age(most_age), connections(most_connections)
    {
    }

    std::chrono::milliseconds age{30'000};  ///< since the last answer
    std::size_t connections = 1024;         ///< at the most, over all peers; 0: none is kept
};

/// A stretch of a body: what one request sends.
class content {
public:
    content() = default;
    explicit content(body whole) : source(std::move(whole)), length(source.size()) {}
    content(body whole, std::uint64_t from, std::uint64_t bytes)
        : source(std::move(whole)), offset(from), length(bytes)
    {
    }

    body source;
    std::uint64_t offset = 0;  ///< of the first byte within the source
    std::uint64_t length = 0;  ///< bytes
};

/// Is told how far a request's body got, and may hold it back.
class send_observer {
public:
    virtual ~send_observer() = default;
    /// Awaited before the next of `wanted` bytes are sent; a rate limiter waits here. Only called when `paces()`.
    /// Returns: how many may be sent; 0 when the operation's time is over.
    virtual awaitable<std::size_t> pace(std::size_t wanted) = 0;
    virtual bool paces() const noexcept = 0;
    /// Bytes of the body handed to the connection by the present attempt.
    virtual void on_sent(std::size_t bytes) = 0;
    /// An attempt begins; what an earlier one sent counts for nothing.
    virtual void on_attempt(unsigned attempt) = 0;
    /// An attempt failed, and the request will be sent again.
    virtual void on_retry(failure const&) {}
};

/// The answer to one request.
class answer {
public:
    answer() = default;

    http::response_head head;
    std::string body;
};

/// What one exchange sends and what came of it.
class exchange_state {
public:
    exchange_state() = default;

    // in; all of it lives until the exchange ends
    http::method method = http::method::get;
    std::string_view head;          ///< serialised
    content const* sends = nullptr;
    bool sums = false;              ///< compute the CRC-64 of what is sent
    send_observer* observer = nullptr;
    std::size_t answer_limit = 0;   ///< bytes of the answer's body at the most
    bool slow_answer = false;       ///< the service may need long: only the operation's limit counts

    // out
    std::uint64_t crc64 = 0;
    std::uint64_t sent = 0;         ///< bytes of the body handed to the stream
    bool all_sent = false;          ///< the service has everything it needs to act
    bool answer_begun = false;
};

}  // namespace ossify

#endif
