#ifndef OSSIFY_SESSION_CONNECTION_HPP
#define OSSIFY_SESSION_CONNECTION_HPP

#include <ossify/async/watchdog.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/http/parser.hpp>
#include <ossify/session/buffer_pool.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// One connection to one peer: one request and its answer at a time. Runs on the executor of whoever awaits.
/// Thread safety: not thread-safe.
template<transport Transport>
class connection {
public:
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;
    static constexpr std::size_t chunk_bytes = 256 * 1024;  // one read, one sum while hot in cache, one send

    connection(Transport const& net, asio::any_io_executor const& ex, std::shared_ptr<watchdog<clock>> dog, peer to)
        : stream_(net.make_stream(ex)), to_(std::move(to)), parser_(small_reads()), deadline_(std::move(dog), ex, &on_deadline, this)
    {
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    peer const& remote() const noexcept { return to_; }
    time_point idle_since() const noexcept { return idle_since_; }
    /// True when the connection can carry another request.
    bool reusable() const noexcept { return reusable_; }

    /// From now on used by a coroutine on `ex`, until that must end at `end`.
    void begin_use(asio::any_io_executor ex, timeouts const& limits, time_point end)
    {
        deadline_.move_to(std::move(ex));
        limits_ = limits;
        end_ = end;
    }
    void end_use(time_point now) noexcept
    {
        deadline_.disarm();
        idle_since_ = now;
    }

    /// True when nothing has come in since the last answer: bytes, the end or an error mean that it is of no more use.
    bool is_live()
    {
        std::array<std::byte, 1> probe;
        io_result const got = stream_.try_read_some(probe);
        return got.bytes == 0 && got.ec == asio::error::would_block;
    }

    /// Connects, and secures the connection if the peer asks for that.
    awaitable<result<void>> open()
    {
        limit(limits_.connect, errc::connect_timeout);
        auto connected = co_await stream_.connect(to_);
        if (connected && to_.secure) {
            limit(limits_.handshake, errc::tls_timeout);
            connected = co_await stream_.secure(to_);
        }
        deadline_.disarm();
        if (!connected)
            co_return explained(std::move(connected).error());
        reusable_ = true;
        co_return result<void>();
    }

    /// Sends a request and reads its answer. An answer that comes before all is sent ends the sending: the service
    /// refuses early. Errors: see `errc`; `x.all_sent` and `x.answer_begun` tell whether the service may have acted.
    awaitable<result<answer>> exchange(exchange_state& x, buffer_pool& buffers)
    {
        reusable_ = false;
        parser_.reset();
        parser_.expect(x.method);
        head_left_ = x.head;
        chunk_left_ = {};
        result<void> sent;
        if (std::error_code const ec = send_at_once(x); ec == asio::error::would_block) {
            limit(limits_.stall, errc::stall_timeout);
            sent = co_await send(x, buffers);
        } else if (ec) {
            sent = lost(ec);
        }
        // a stream that encrypts may have taken bytes that it could not send yet
        while (sent && stream_.try_write_some({}).ec == asio::error::would_block) {
            limit(limits_.stall, errc::stall_timeout);
            if (std::error_code const ec = co_await stream_.wait_writable())
                sent = lost(ec);
        }
        if (!sent && sent.error() != errc::connection_closed)
            co_return explained(std::move(sent).error());
        x.all_sent = sent && x.sent == x.sends->length;
        if (!x.slow_answer || !x.all_sent)
            limit(limits_.answer, errc::stall_timeout);
        else
            limit(std::chrono::milliseconds(0), errc::operation_timeout);

        // in this coroutine, not in one of its own: it is part of every request
        answer out;
        result<void> taken = std::exchange(early_, result<void>());
        while (taken && !parser_.complete()) {
            taken = keep_body(out.body, x.answer_limit);
            if (!taken)
                break;
            auto const into = room_in(out.body);
            auto [ec, bytes] = co_await read_some(stream_, into);
            taken = take(out.body, into, ec, bytes);
        }
        x.answer_begun = parser_.started();
        if (taken)
            taken = keep_body(out.body, x.answer_limit);
        deadline_.disarm();
        if (!taken)
            co_return explained(!sent && !x.answer_begun ? std::move(sent).error() : std::move(taken).error());
        out.head = std::move(parser_.head());
        reusable_ = x.all_sent && parser_.keep_alive() && parser_.buffered() == 0;
        co_return out;
    }

    /// Memory in which requests are written, kept from one to the next.
    struct request_memory {
        http::request_head head;
        std::string text;
    };
    request_memory& scratch() noexcept { return scratch_; }

    /// Ends the connection in order.
    void close() noexcept { stream_.close(); }

private:
    static constexpr std::size_t turn_bytes = 4 * chunk_bytes;

    static void on_deadline(void* self) noexcept
    {
        auto& me = *static_cast<connection*>(self);
        me.timed_out_ = true;
        me.stream_.close();
    }

    // The next step must show progress within `span`, and all must end by `end_`.
    void limit(std::chrono::milliseconds span, errc on_expiry)
    {
        span_ = span;
        on_expiry_ = on_expiry;
        progressed();
    }

    void progressed()
    {
        auto const until = span_.count() == 0 ? time_point::max() : clock::now() + span_;
        bool const by_end = end_ <= until;
        cause_ = by_end ? errc::operation_timeout : on_expiry_;
        auto const when = by_end ? end_ : until;
        if (when == time_point::max())
            deadline_.disarm();
        else
            deadline_.arm(when);
    }

    // What happens now is no matter of the connection: only the operation's own end counts.
    void pause()
    {
        cause_ = errc::operation_timeout;
        if (end_ == time_point::max())
            deadline_.disarm();
        else
            deadline_.arm(end_);
    }

    failure explained(failure why) const
    {
        if (timed_out_)
            return failure(cause_, "with " + to_.host + ":" + std::to_string(to_.port));
        return why;
    }

    static failure lost(std::error_code ec)
    {
        if (ec.category() == error_category())
            return failure(ec);
        return failure(errc::connection_closed, ec.message());
    }

    std::size_t left() const noexcept { return head_left_.size() + chunk_left_.size(); }

    // Hands head and chunk to the stream as far as it takes them. Returns: no error when it has taken all.
    std::error_code push(exchange_state& x)
    {
        while (left() != 0) {
            std::array<asio::const_buffer, 2> const out{asio::const_buffer(head_left_.data(), head_left_.size()),
                                                        asio::const_buffer(chunk_left_.data(), chunk_left_.size())};
            std::size_t const first = head_left_.empty() ? 1 : 0;
            std::size_t const count = head_left_.empty() || chunk_left_.empty() ? 1 : 2;
            io_result const step = stream_.try_write_some(std::span(out).subspan(first, count));
            if (step.bytes == 0)
                return step.ec;
            x.head_sent = true;
            std::size_t const of_head = std::min(step.bytes, head_left_.size());
            head_left_.remove_prefix(of_head);
            chunk_left_ = chunk_left_.subspan(step.bytes - of_head);
        }
        return {};
    }

    // Most requests are short and go out in one step. Returns: `would_block` when there is more to do.
    std::error_code send_at_once(exchange_state& x)
    {
        content const& c = *x.sends;
        if (c.length != 0) {
            if (!c.source.in_memory() || c.length > chunk_bytes || (x.observer != nullptr && x.observer->paces()))
                return asio::error::would_block;
            begin_chunk(x, c.source.bytes().subspan(static_cast<std::size_t>(c.offset),
                                                    static_cast<std::size_t>(c.length)));
        }
        std::error_code const ec = push(x);
        if (!ec)
            end_chunk(x, static_cast<std::size_t>(c.length));
        return ec;
    }

    void begin_chunk(exchange_state& x, std::span<std::byte const> chunk)
    {
        chunk_left_ = chunk;
        if (x.sums)
            x.crc64 = crc64(chunk, x.crc64);
    }

    void end_chunk(exchange_state& x, std::size_t bytes)
    {
        x.sent += bytes;
        if (x.observer != nullptr && bytes != 0)
            x.observer->on_sent(bytes);
    }

    awaitable<result<void>> send(exchange_state& x, buffer_pool& buffers)
    {
        content const& c = *x.sends;
        std::optional<buffer_pool::lease> block;
        if (!c.source.in_memory())
            block.emplace(buffers.take());
        do {
            auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, c.length - x.sent));
            if (chunk_left_.empty() && wanted != 0) {
                std::span<std::byte const> chunk;
                if (block) {
                    auto const into = block->bytes().first(wanted);
                    pause();
                    auto got = co_await c.source.read_at(c.offset + x.sent, into);
                    progressed();
                    if (!got)
                        co_return std::move(got).error();
                    if (*got != wanted)
                        co_return failure(errc::source_changed, "the source ends at byte " +
                                                                    std::to_string(c.offset + x.sent + *got) +
                                                                    ", earlier than it said");
                    chunk = into;
                } else {
                    chunk = c.source.bytes().subspan(static_cast<std::size_t>(c.offset + x.sent), wanted);
                }
                begin_chunk(x, chunk);
                if (x.observer != nullptr && x.observer->paces()) {
                    pause();
                    co_await x.observer->pace(wanted);
                    progressed();
                }
            }
            for (;;) {
                std::size_t const before = left();
                std::error_code ec = push(x);
                if (left() != before)
                    progressed();
                if (!ec)
                    break;
                unyielded_ = 0;
                if (ec == asio::error::would_block)
                    ec = co_await stream_.wait_writable();
                if (ec)
                    co_return lost(ec);
            }
            end_chunk(x, wanted);
            if (x.sent != c.length) {
                if (answer_waits())
                    co_return result<void>();  // an early refusal
                unyielded_ += wanted;
                if (unyielded_ >= turn_bytes) {  // the stream never makes us wait: let others on the loop have their turn
                    unyielded_ = 0;
                    asio::any_io_executor const home = co_await asio::this_coro::executor;
                    co_await asio::post(asio::bind_executor(home, asio::use_awaitable_t<asio::any_io_executor>{}));
                }
            }
        } while (x.sent != c.length);
        co_return result<void>();
    }

    // Takes in what has arrived while sending; true when there is something, or the end.
    bool answer_waits()
    {
        io_result const got = stream_.try_read_some(parser_.prepare());
        if (got.bytes != 0)
            early_ = parser_.commit(got.bytes);
        return got.bytes != 0 || got.ec != asio::error::would_block;
    }

    // Moves what the parser has of the body to where it is kept.
    result<void> keep_body(std::string& kept, std::size_t limit)
    {
        if (!parser_.head_complete())
            return {};
        auto const arrived = parser_.body();
        auto const announced = parser_.body_kind() == http::body_kind::length ? parser_.content_length().value_or(0) : 0;
        if (kept.size() + arrived.size() > limit || announced > limit)
            return failure(errc::body_too_large, "an answer of more than " + std::to_string(limit) + " bytes");
        if (kept.empty() && announced != 0)
            kept.reserve(static_cast<std::size_t>(announced));
        kept.append(arrived);
        parser_.consume_body(arrived.size());
        return {};
    }

    // Where the next bytes go: a long body of known length goes straight to where it is kept.
    std::span<std::byte> room_in(std::string& kept)
    {
        auto const direct = static_cast<std::size_t>(
            std::min<std::uint64_t>(parser_.direct_body_remaining(), chunk_bytes));
        if (direct == 0)
            return parser_.prepare();
        std::size_t const before = kept.size();
        kept.resize(before + direct);
        return std::as_writable_bytes(std::span(kept).subspan(before));
    }

    // Takes what was read into `room_in(kept)`.
    result<void> take(std::string& kept, std::span<std::byte> into, std::error_code ec, std::size_t bytes)
    {
        bool const direct = parser_.direct_body_remaining() != 0;
        if (direct)
            kept.resize(kept.size() - into.size() + bytes);
        if (bytes != 0) {
            progressed();
            if (!direct)
                return parser_.commit(bytes);
            parser_.commit_direct(bytes);
            return {};
        }
        if (ec != asio::error::eof && ec != errc::truncated)
            return lost(ec);
        if (!parser_.started())
            return failure(errc::connection_closed, "the peer closed before it answered");
        if (ec == errc::truncated)
            return failure(errc::truncated);
        return parser_.commit_eof();
    }

    static http::parser_limits small_reads()
    {
        http::parser_limits l;
        l.read_bytes = 4096;  // answers are short, and there may be thousands of connections
        return l;
    }

    typename Transport::stream_type stream_;
    peer to_;
    http::response_parser parser_;
    typename watchdog<clock>::deadline deadline_;
    request_memory scratch_;
    timeouts limits_;
    time_point end_ = time_point::max();
    time_point idle_since_{};
    std::chrono::milliseconds span_{0};
    errc on_expiry_ = errc::stall_timeout;
    errc cause_ = errc::stall_timeout;
    std::string_view head_left_;                // what of the head the stream has not taken yet,
    std::span<std::byte const> chunk_left_;     // and of the chunk that follows it
    std::size_t unyielded_ = 0;
    result<void> early_;
    bool timed_out_ = false;
    bool reusable_ = false;
};

}  // namespace ossify

#endif
