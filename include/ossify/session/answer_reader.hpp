#ifndef OSSIFY_SESSION_ANSWER_READER_HPP
#define OSSIFY_SESSION_ANSWER_READER_HPP

#include <ossify/http/parser.hpp>
#include <ossify/session/exchange.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace ossify::detail {

/// What a stream's error means for the request: ours as it is, any other as the loss of the connection.
inline failure connection_lost(std::error_code ec)
{
    if (ec.category() == error_category())
        return failure(ec);
    return failure(errc::connection_closed, ec.message());
}

/// Takes in answers, one at a time, from bytes that its owner brings: put them into `room`, then `take` them.
/// Thread safety: not thread-safe.
class answer_reader {
public:
    answer_reader() : parser_(small_reads()) {}

    /// Begins the answer to a request. `limit`: bytes of its body at the most.
    void begin(http::method of_request, std::size_t limit)
    {
        parser_.reset();
        parser_.expect(of_request);
        body_.clear();
        limit_ = limit;
    }

    bool started() const noexcept { return parser_.started(); }
    bool complete() const noexcept { return parser_.complete(); }
    /// True when another request may follow. Precondition: complete().
    bool leaves_usable() const noexcept { return parser_.keep_alive() && parser_.buffered() == 0; }

    /// Where the next bytes go: a long body of known length goes straight to where it is kept.
    std::span<std::byte> room()
    {
        direct_ = static_cast<std::size_t>(std::min<std::uint64_t>(parser_.direct_body_remaining(), most_at_once));
        if (direct_ == 0)
            return parser_.prepare();
        std::size_t const before = body_.size();
        body_.resize(before + direct_);
        return std::as_writable_bytes(std::span(body_).subspan(before));
    }

    /// Takes what was read into `room`. Errors: those of the parser; `body_too_large`; `connection_closed`, `truncated`.
    result<void> take(std::error_code ec, std::size_t bytes)
    {
        std::size_t const direct = std::exchange(direct_, 0);
        if (direct != 0)
            body_.resize(body_.size() - direct + bytes);
        result<void> taken;
        if (bytes == 0)
            taken = take_end(ec);
        else if (direct != 0)
            parser_.commit_direct(bytes);
        else
            taken = parser_.commit(bytes);
        return taken ? keep_body() : std::move(taken);
    }

    /// Hands the answer over. Precondition: complete().
    answer finish()
    {
        answer out;
        out.head = std::move(parser_.head());
        out.body = std::move(body_);
        return out;
    }

private:
    static constexpr std::size_t most_at_once = 256 * 1024;

    static http::parser_limits small_reads()
    {
        http::parser_limits l;
        l.read_bytes = 2048;  // answers are short, and there may be thousands of connections
        return l;
    }

    result<void> take_end(std::error_code ec)
    {
        if (ec != asio::error::eof && ec != errc::truncated)
            return connection_lost(ec);
        if (!parser_.started())
            return failure(errc::connection_closed, "the peer closed before it answered");
        if (ec == errc::truncated)
            return failure(errc::truncated);
        return parser_.commit_eof();
    }

    // Moves what the parser has of the body to where it is kept.
    result<void> keep_body()
    {
        if (!parser_.head_complete())
            return {};
        auto const arrived = parser_.body();
        auto const announced = parser_.body_kind() == http::body_kind::length ? parser_.content_length().value_or(0) : 0;
        if (body_.size() + arrived.size() > limit_ || announced > limit_)
            return failure(errc::body_too_large, "an answer of more than " + std::to_string(limit_) + " bytes");
        if (body_.empty() && announced != 0)
            body_.reserve(static_cast<std::size_t>(announced));
        body_.append(arrived);
        parser_.consume_body(arrived.size());
        return {};
    }

    http::response_parser parser_;
    std::string body_;
    std::size_t limit_ = 0;
    std::size_t direct_ = 0;  // bytes that `room` gave of the kept body
};

}  // namespace ossify::detail

#endif
