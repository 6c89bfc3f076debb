#ifndef OSSIFY_SESSION_CONNECTION_HPP
#define OSSIFY_SESSION_CONNECTION_HPP

#include <ossify/async/watchdog.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/session/answer_reader.hpp>
#include <ossify/session/buffer_pool.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/session/step_deadline.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ossify {

/// One connection to one peer: one request and its answer at a time. Runs on the executor of whoever awaits.
/// Thread safety: not thread-safe.
template<transport Transport>
class connection {
public:
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;
    // One read, one sum while it is in the cache, one send. Half as much costs a tenth more CPU, a quarter a half more.
    static constexpr std::size_t chunk_bytes = 256 * 1024;

    connection(Transport const& net, asio::any_io_executor const& ex, std::shared_ptr<watchdog<clock>> dog, peer to)
        : stream_(net.make_stream(ex)), to_(std::move(to)), deadline_(std::move(dog), ex, &on_deadline, this)
    {
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    peer const& remote() const noexcept { return to_; }
    time_point idle_since() const noexcept { return idle_since_; }
    /// True when the connection can carry another request.
    bool reusable() const noexcept { return reusable_; }

    /// From now on used by a coroutine on `ex`, until that must end at `end`.
    void begin_use(asio::any_io_executor ex, timeouts const& limits, time_point end, time_point now)
    {
        deadline_.begin(std::move(ex), end, now);
        limits_ = limits;
    }
    void end_use(time_point now) noexcept
    {
        deadline_.release();
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
        deadline_.limit(limits_.connect, errc::connect_timeout);
        auto connected = co_await stream_.connect(to_);
        if (connected && to_.secure) {
            deadline_.limit(limits_.handshake, errc::tls_timeout);
            connected = co_await stream_.secure(to_);
        }
        deadline_.disarm();
        if (!connected)
            co_return explained(std::move(connected).error());
        deadline_.look();
        reusable_ = true;
        co_return result<void>();
    }

    /// Sends a request and reads its answer. An answer that comes before all is sent ends the sending: the service
    /// refuses early. Errors: see `errc`; `x.all_sent` and `x.answer_begun` tell whether the service may have acted.
    awaitable<result<answer>> exchange(exchange_state& x, buffer_pool& buffers)
    {
        reusable_ = false;
        reader_.begin(x.method, x.answer_limit);
        head_left_ = x.head;
        chunk_left_ = {};
        file_left_ = 0;
        summed_ = 0;
        result<void> sent;
        bool waited = true;
        if (std::error_code const ec = send_at_once(x); ec == asio::error::would_block) {
            deadline_.limit(limits_.stall, errc::stall_timeout);
            sent = co_await send(x, buffers);
        } else if (ec) {
            sent = detail::connection_lost(ec);
        } else {
            waited = false;
        }
        // a stream that encrypts may have taken bytes that it could not send yet
        bool refused = false;
        while (sent && !refused && stream_.try_write_some({}).ec == asio::error::would_block) {
            waited = true;
            deadline_.limit(limits_.stall, errc::stall_timeout);
            refused = answer_waits();
            if (!refused)
                if (std::error_code const ec = co_await wait_to_send(stream_))
                    sent = detail::connection_lost(ec);
        }
        if (!sent && sent.error() != errc::connection_closed)
            co_return explained(std::move(sent).error());
        x.all_sent = sent && !refused && left() == 0 && x.sent == x.sends->length;
        bool const patient = x.slow_answer && x.all_sent;
        // without a span only the operation's end counts
        auto const span = patient ? std::chrono::milliseconds(0) : limits_.answer;
        if (waited)
            deadline_.limit(span, errc::stall_timeout);
        else
            deadline_.limit_since_look(span, errc::stall_timeout);

        // in this coroutine, not in one of its own: it is part of every request
        result<void> taken = std::exchange(early_, result<void>());
        while (taken && !reader_.complete()) {
            auto const into = reader_.room();
            auto [ec, bytes] = co_await read_some(stream_, into);
            taken = reader_.take(ec, bytes);
            if (bytes != 0 && !reader_.complete())
                deadline_.progressed();
        }
        x.answer_begun = reader_.started();
        deadline_.disarm();
        if (!taken)
            co_return explained(!sent && !x.answer_begun ? std::move(sent).error() : std::move(taken).error());
        reusable_ = x.all_sent && reader_.leaves_usable();
        co_return reader_.finish();
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
    // A file that the kernel sends is mapped and summed in long stretches, which is the cheaper the longer they are, and
    // sent in shorter chunks, so that the others on the loop have their turn between them. Stretches are short where some
    // of the file is missing in memory; and where sending is slow on purpose, because who wants to write to the file waits
    // for the end of one.
    static constexpr std::size_t file_stretch_bytes = 4 * 1024 * 1024;
    static constexpr std::size_t file_chunk_bytes = 512 * 1024;
    static constexpr std::size_t turn_bytes = 256 * 1024;  // a tenth of a millisecond or so; others wait that long

    static void on_deadline(void* self) noexcept
    {
        auto& me = *static_cast<connection*>(self);
        me.timed_out_ = true;
        me.stream_.close();
    }

    failure explained(failure why) const
    {
        if (timed_out_)
            return failure(deadline_.cause(), "with " + to_.host + ":" + std::to_string(to_.port));
        return why;
    }

    std::size_t left() const noexcept { return head_left_.size() + chunk_left_.size() + file_left_; }

    // Hands head and chunk to the stream as far as it takes them. Returns: no error when it has taken all.
    std::error_code push(exchange_state& x)
    {
        while (left() != 0) {
            if (file_left_ != 0 && head_left_.empty()) {
                io_result const step = send_file(x);
                if (step.bytes == 0)
                    return step.ec;
                file_left_ -= step.bytes;
                continue;
            }
            std::array<asio::const_buffer, 2> const out{asio::const_buffer(head_left_.data(), head_left_.size()),
                                                        asio::const_buffer(chunk_left_.data(), chunk_left_.size())};
            std::size_t const first = head_left_.empty() ? 1 : 0;
            std::size_t const count = head_left_.empty() || chunk_left_.empty() ? 1 : 2;
            io_result const step = stream_.try_write_some(std::span(out).subspan(first, count));
            if (step.bytes == 0)
                return step.ec;
            std::size_t const of_head = std::min(step.bytes, head_left_.size());
            head_left_.remove_prefix(of_head);
            chunk_left_ = chunk_left_.subspan(step.bytes - of_head);
        }
        return {};
    }

    io_result send_file(exchange_state const& x)
    {
        if constexpr (file_sending_stream<typename Transport::stream_type>)
            return stream_.try_send_file(x.sends->source.sendable_file(), file_end_ - file_left_, file_left_);
        return {asio::error::operation_not_supported, 0};
    }

    // Whether the stream may take the body from its file, without our reading it.
    bool sends_file(content const& c) const
    {
        if constexpr (file_sending_stream<typename Transport::stream_type>)
            return stream_.can_send_files() && c.source.sendable_file() >= 0;
        return false;
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

    // Makes the next chunk ready to be pushed, of `most` bytes at the most. Returns: its bytes.
    awaitable<result<std::size_t>> load(exchange_state& x, std::size_t most, buffer_pool& buffers,
                                        std::optional<buffer_pool::lease>& block)
    {
        content const& c = *x.sends;
        std::uint64_t const at = c.offset + x.sent;
        std::uint64_t const rest = std::min<std::uint64_t>(most, c.length - x.sent);
        auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, rest));
        if (c.source.in_memory()) {
            begin_chunk(x, c.source.bytes().subspan(static_cast<std::size_t>(at), wanted));
            co_return wanted;
        }
        if (sends_file(c)) {
            if (!x.sums)
                summed_ = c.length;
            if (summed_ <= x.sent) {
                auto const stretch = std::min<std::uint64_t>(stretch_bytes_, rest);
                auto const sum = co_await c.source.checksum_at(at, static_cast<std::size_t>(stretch), x.crc64);
                if (sum) {
                    x.crc64 = *sum;
                    summed_ = x.sent + stretch;
                }
                stretch_bytes_ = sum ? std::min(2 * stretch_bytes_, file_stretch_bytes) : file_chunk_bytes;
            }
            if (summed_ > x.sent) {
                file_left_ = static_cast<std::size_t>(std::min({std::uint64_t{file_chunk_bytes}, rest, summed_ - x.sent}));
                file_end_ = at + file_left_;
                co_return file_left_;
            }
        }
        if (!block)
            block.emplace(buffers.take());
        auto const into = block->bytes().first(wanted);
        auto const got = co_await c.source.read_at(at, into);
        if (!got)
            co_return got.error();
        if (*got != wanted)
            co_return failure(errc::source_changed,
                              "the source ends at byte " + std::to_string(at + *got) + ", earlier than it said");
        begin_chunk(x, into);
        co_return wanted;
    }

    awaitable<result<void>> send(exchange_state& x, buffer_pool& buffers)
    {
        content const& c = *x.sends;
        std::optional<buffer_pool::lease> block;
        do {
            auto wanted = static_cast<std::size_t>(chunk_left_.empty() ? 0 : c.length);  // a short body, sent in part
            if (chunk_left_.empty() && x.sent != c.length) {
                deadline_.pause();
                std::size_t most = std::numeric_limits<std::size_t>::max();
                if (x.observer != nullptr && x.observer->paces()) {
                    auto const next = std::min<std::uint64_t>(chunk_bytes, c.length - x.sent);
                    most = co_await x.observer->pace(static_cast<std::size_t>(next));
                    if (most == 0)
                        co_return failure(errc::operation_timeout);
                }
                auto const loaded = co_await load(x, most, buffers, block);
                if (!loaded)
                    co_return loaded.error();
                wanted = *loaded;
                deadline_.progressed();
            }
            for (;;) {
                std::size_t const before = left();
                std::error_code ec = push(x);
                if (left() != before)
                    deadline_.progressed();
                if (!ec)
                    break;
                unyielded_ = 0;
                if (ec == asio::error::would_block) {
                    if (answer_waits())
                        co_return result<void>();  // an early refusal; perhaps nobody reads what we send any more
                    ec = co_await wait_to_send(stream_);
                }
                if (ec)
                    co_return detail::connection_lost(ec);
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
        io_result const got = stream_.try_read_some(reader_.room());
        if (got.bytes != 0)
            early_ = reader_.take(got.ec, got.bytes);
        return got.bytes != 0 || got.ec != asio::error::would_block;
    }

    typename Transport::stream_type stream_;
    peer to_;
    detail::answer_reader reader_;
    step_deadline<clock> deadline_;
    request_memory scratch_;
    timeouts limits_;
    time_point idle_since_{};
    std::string_view head_left_;                // what of the head the stream has not taken yet,
    std::span<std::byte const> chunk_left_;     // and of the chunk that follows it,
    std::size_t file_left_ = 0;                 // or of the stretch of a file that
    std::uint64_t file_end_ = 0;                // ends here
    std::size_t stretch_bytes_ = file_stretch_bytes;
    std::uint64_t summed_ = 0;                  // bytes of the body that need no summing any more, where more than are sent
    std::size_t unyielded_ = 0;
    result<void> early_;
    bool timed_out_ = false;
    bool reusable_ = false;
};

}  // namespace ossify

#endif
