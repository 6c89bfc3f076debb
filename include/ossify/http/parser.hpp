#ifndef OSSIFY_HTTP_PARSER_HPP
#define OSSIFY_HTTP_PARSER_HPP

#include <ossify/core/result.hpp>
#include <ossify/http/body_decoder.hpp>
#include <ossify/http/head_parser.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/method.hpp>

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::http {

/// What a parser accepts and how much it reads at once.
struct parser_limits {
    std::size_t header_bytes = 64 * 1024;  ///< of a head, and of the trailers of a chunked body
    std::size_t header_count = 128;        ///< lines of a head, and of the trailers
    std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();
    std::size_t read_bytes = 64 * 1024;  ///< of body that `prepare` makes room for: few system calls, still in the cache
};

/// Reads HTTP/1.1 messages from bytes that its owner brings. Put bytes where `prepare` says, `commit` them, take the
/// body with `body` and `consume_body` while it arrives (then the buffer stays at about `read_bytes`) or leave it there
/// until `complete` (then the buffer grows to hold it all). After a message, `next` begins the following one.
/// Anything that two readers could understand differently is an error, and an error is final: later calls repeat it.
/// Used by sessions (`response_parser`) and servers (`request_parser`).
/// Lifetime: `head` and `body` refer to the parser.
/// Thread safety: not thread-safe. Source: RFC 9112.
template<class Head>
class basic_parser {
    static constexpr bool is_response = std::same_as<Head, response_head>;

public:
    using head_type = Head;
    using limits = parser_limits;

    explicit basic_parser(limits l = limits()) : limits_(l), head_parser_(l.header_bytes, l.header_count) {}

    /// Returns: where the next bytes go; not empty unless the message is complete or refused. The views that `body`
    /// gave end here.
    std::span<std::byte> prepare();

    /// Takes the first `n` bytes of the prepared space as received and reads as far as they go.
    /// Errors: `malformed_http`, `header_too_large`, `body_too_large` (with `head_complete`), `not_supported` for an
    /// unknown method.
    /// Throws std::logic_error when `n` is more than was prepared.
    result<void> commit(std::size_t n)
    {
        if (n > capacity_ - raw_end_)
            throw std::logic_error("more bytes committed than prepared");
        raw_end_ += n;
        return advance();
    }

    /// The peer closed. Ends a body that lasts until then; a message that has not begun is no error.
    /// Errors: `truncated` for any other message that is not complete.
    result<void> commit_eof();

    /// True when a byte of the message was received, interim answers included.
    bool started() const noexcept
    {
        return stage_ != stage::head || raw_begin_ != raw_end_ || head_parser_.started() || interim_ != 0;
    }
    bool head_complete() const noexcept { return stage_ != stage::head; }
    /// True when the whole message was received; its body may still wait to be consumed.
    bool complete() const noexcept { return stage_ == stage::complete; }

    /// Precondition: head_complete().
    Head& head() noexcept { return head_; }
    Head const& head() const noexcept { return head_; }

    /// The value of Content-Length, also where no body follows (HEAD, 304). Precondition: head_complete().
    std::optional<std::uint64_t> content_length() const noexcept { return head_parser_.framing().content_length; }

    /// How the body's end is found. Precondition: head_complete().
    http::body_kind body_kind() const noexcept { return decoder_.kind(); }

    /// True when the connection can carry another message after this one. Precondition: head_complete().
    bool keep_alive() const noexcept { return keep_alive_ && !failure_; }

    /// The body bytes received and not yet consumed.
    std::string_view body() const noexcept { return {buffer_.get() + body_begin_, body_end_ - body_begin_}; }

    /// Drops the first `n` bytes of `body`. Precondition: n <= body().size().
    void consume_body(std::size_t n) noexcept
    {
        assert(n <= body_end_ - body_begin_);
        body_begin_ += n;
    }

    /// How many body bytes may be read past this parser, straight into memory of the caller: 0 unless the length is
    /// known and no byte is buffered.
    std::uint64_t direct_body_remaining() const noexcept
    {
        return stage_ == stage::body && body_begin_ == body_end_ && raw_begin_ == raw_end_ ? decoder_.remaining() : 0;
    }

    /// Counts `n` body bytes as received and consumed that were read past this parser.
    /// Precondition: n <= direct_body_remaining().
    void commit_direct(std::size_t n) noexcept
    {
        assert(n <= direct_body_remaining());
        decoder_.skip(n);
        if (decoder_.is_done())
            stage_ = stage::complete;
    }

    /// Bytes received after the end of the message. 0 while it is not complete.
    std::size_t buffered() const noexcept { return complete() ? raw_end_ - raw_begin_ : 0; }

    /// Begins the next message with the bytes already received of it; what is left of the body is dropped.
    /// Errors: those of `commit`; the next `commit` repeats them. Throws std::logic_error unless `complete`.
    result<void> next();

    /// Forgets message, bytes and errors, for use on another connection; memory is kept.
    void reset() noexcept;

    /// Says which request the next head answers: the answer to HEAD has no body. Must come before that head, also
    /// before the call of `next` that reads it; it counts for one message.
    void expect(http::method of_request) noexcept
        requires is_response
    {
        to_head_ = of_request == http::method::head;
    }

    /// How many interim answers (1xx) came before this one. They are skipped.
    unsigned interim_answers() const noexcept
        requires is_response
    {
        return interim_;
    }

private:
    enum class stage { head, body, complete };

    static constexpr std::size_t first_read = 16 * 1024;  // enough for almost every head, and for most answers
    static constexpr std::size_t usual_head = 960;        // bytes; blocks up to 1 KiB are the cheap ones of malloc
    static constexpr unsigned max_interim = 16;

    std::string_view raw() const noexcept { return {buffer_.get() + raw_begin_, raw_end_ - raw_begin_}; }
    std::size_t wanted() const noexcept;
    void make_room(std::size_t bytes);
    result<void> advance();
    result<void> finish_head();
    result<void> decode();
    bool skip_interim();
    http::body_kind kind_of_body();
    void begin_message() noexcept;

    result<void> fail(failure f)
    {
        failure_ = std::move(f);
        return *failure_;
    }

    // [body_begin_, body_end_) is decoded body, [raw_begin_, raw_end_) is not yet read; between them lie delimiters.
    limits limits_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t body_begin_ = 0;
    std::size_t body_end_ = 0;
    std::size_t raw_begin_ = 0;
    std::size_t raw_end_ = 0;

    stage stage_ = stage::head;
    bool keep_alive_ = false;
    bool to_head_ = false;  // the answer is one to HEAD
    unsigned interim_ = 0;
    Head head_;
    http::head_parser<Head> head_parser_;
    body_decoder decoder_;
    std::optional<failure> failure_;
};

using request_parser = basic_parser<request_head>;
using response_parser = basic_parser<response_head>;

template<class Head>
std::span<std::byte> basic_parser<Head>::prepare()
{
    if (stage_ == stage::complete || failure_)
        return {};
    if (body_begin_ == body_end_)
        body_begin_ = body_end_ = raw_begin_;
    make_room(wanted());
    return std::as_writable_bytes(std::span(buffer_.get() + raw_end_, capacity_ - raw_end_));
}

template<class Head>
std::size_t basic_parser<Head>::wanted() const noexcept
{
    std::size_t const at_most = std::max<std::size_t>(limits_.read_bytes, 1);
    if (stage_ == stage::head)
        return std::min(at_most, first_read);
    if (decoder_.kind() == body_kind::length)
        return static_cast<std::size_t>(std::min<std::uint64_t>(at_most, decoder_.remaining()));
    return at_most;
}

/// Makes sure of a good part of `bytes` bytes after raw_end_. Bytes are moved to the front only when few are left and
/// much was read since the last time, and the buffer grows by doubling: the cost of a received byte is constant.
template<class Head>
void basic_parser<Head>::make_room(std::size_t bytes)
{
    std::size_t const kept = raw_end_ - body_begin_;
    if (kept == 0)
        body_begin_ = body_end_ = raw_begin_ = raw_end_ = 0;
    if (capacity_ - raw_end_ >= (kept == 0 ? bytes : std::max<std::size_t>(bytes / 4, 1)))
        return;
    char* to = buffer_.get();
    std::unique_ptr<char[]> grown;
    if (kept > capacity_ / 2 || capacity_ - kept < bytes) {
        std::size_t const capacity = std::max(kept + bytes, kept == 0 ? 0 : 2 * capacity_);
        grown = std::make_unique_for_overwrite<char[]>(capacity);
        capacity_ = capacity;
        to = grown.get();
    }
    if (kept != 0)
        std::memmove(to, buffer_.get() + body_begin_, kept);
    if (grown)
        buffer_ = std::move(grown);
    body_end_ -= body_begin_;
    raw_begin_ -= body_begin_;
    raw_end_ -= body_begin_;
    body_begin_ = 0;
}

template<class Head>
result<void> basic_parser<Head>::commit_eof()
{
    if (failure_)
        return *failure_;
    if (stage_ == stage::head)
        return started() ? fail(failure(errc::truncated, "the peer closed inside the head")) : result<void>();
    if (auto const finished = decoder_.finish(); !finished)
        return fail(finished.error());
    stage_ = stage::complete;
    return {};
}

template<class Head>
result<void> basic_parser<Head>::next()
{
    if (stage_ != stage::complete)
        throw std::logic_error("the next message begins when this one is complete");
    begin_message();
    return advance();
}

template<class Head>
void basic_parser<Head>::reset() noexcept
{
    body_begin_ = body_end_ = raw_begin_ = raw_end_ = 0;
    to_head_ = false;
    failure_.reset();
    begin_message();
}

template<class Head>
void basic_parser<Head>::begin_message() noexcept
{
    body_begin_ = body_end_ = raw_begin_;
    stage_ = stage::head;
    keep_alive_ = false;
    interim_ = 0;
    head_.clear();
    head_parser_.reset();
}

template<class Head>
result<void> basic_parser<Head>::advance()
{
    if (failure_)
        return *failure_;
    while (stage_ == stage::head) {
        if (head_.headers.empty())
            head_.headers.reserve(16, std::min(raw().size(), usual_head));
        auto const used = head_parser_.parse(raw(), head_);
        if (!used)
            return fail(used.error());
        raw_begin_ += *used;
        body_begin_ = body_end_ = raw_begin_;
        if (!head_parser_.is_done())
            return {};
        if (auto const finished = finish_head(); !finished)
            return fail(finished.error());
    }
    return stage_ == stage::body ? decode() : result<void>();
}

/// Decides what follows the head: another head after an interim answer, the body or nothing.
template<class Head>
result<void> basic_parser<Head>::finish_head()
{
    framing const& f = head_parser_.framing();
    if constexpr (is_response) {
        if (head_.status == 101)
            return failure(errc::malformed_http, "the server switches to a protocol that was not asked for");
        if (head_.status < 200) {
            if (f.chunked || f.content_length.value_or(0) != 0)
                return failure(errc::malformed_http, "an interim answer with a body");
            if (interim_ == max_interim)
                return failure(errc::malformed_http, "too many interim answers");
            ++interim_;
            head_.clear();
            head_parser_.reset();
            return {};
        }
    }
    auto const kind = kind_of_body();
    // A body after 204 is against the protocol; if there is one, its bytes must not be taken for the next answer.
    bool dubious = false;
    if constexpr (is_response)
        dubious = head_.status == 204 && (f.chunked || f.content_length.value_or(0) != 0);
    keep_alive_ = !f.close && (head_.minor_version == 1 || f.keep_alive) && kind != body_kind::until_close && !dubious;
    to_head_ = false;
    stage_ = stage::body;
    auto const started = decoder_.start(kind, f.content_length.value_or(0), limits_.body_bytes, limits_.header_bytes,
                                        limits_.header_count);
    if (started && decoder_.is_done())
        stage_ = stage::complete;
    return started;
}

/// Source: RFC 9112 section 6.3.
template<class Head>
http::body_kind basic_parser<Head>::kind_of_body()
{
    framing const& f = head_parser_.framing();
    if constexpr (is_response)
        if (to_head_ || head_.status == 204 || head_.status == 304)
            return body_kind::none;
    if (f.chunked)
        return body_kind::chunked;
    if (f.content_length)
        return body_kind::length;
    return is_response ? body_kind::until_close : body_kind::none;
}

template<class Head>
result<void> basic_parser<Head>::decode()
{
    while (stage_ == stage::body) {
        auto const piece = decoder_.next(raw());
        if (!piece)
            return fail(piece.error());
        if (decoder_.is_done())
            stage_ = stage::complete;
        if (piece->framing + piece->data == 0)
            break;
        raw_begin_ += piece->framing;
        if (body_begin_ == body_end_)
            body_begin_ = body_end_ = raw_begin_;
        else if (body_end_ != raw_begin_ && piece->data != 0)
            std::memmove(buffer_.get() + body_end_, buffer_.get() + raw_begin_, piece->data);
        body_end_ += piece->data;
        raw_begin_ += piece->data;
    }
    return {};
}

}  // namespace ossify::http

#endif
