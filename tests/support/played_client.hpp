#ifndef OSSIFY_TESTS_SUPPORT_PLAYED_CLIENT_HPP
#define OSSIFY_TESTS_SUPPORT_PLAYED_CLIENT_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/testing/manual_clock.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

/// The server's end of a connection to a client that a script plays, in virtual time. Models `byte_stream`.
class played_client {
public:
    explicit played_client(asio::any_io_executor ex)
        : ex_(ex), timer_(std::move(ex), ossify::testing::manual_clock::time_point::max())
    {
    }
    played_client(played_client const&) = delete;
    played_client& operator=(played_client const&) = delete;

    // --- the script ---

    /// The client sends `bytes` so long after all it sent before was read.
    played_client& sends(std::string bytes, std::chrono::nanoseconds after = {})
    {
        steps_.push_back({std::move(bytes), after});
        return *this;
    }
    /// Then it says nothing more, but stays; without this it closes its direction.
    played_client& stays()
    {
        stays_ = true;
        return *this;
    }
    /// At most so many bytes move in one attempt.
    played_client& chop(std::size_t most)
    {
        most_ = most;
        return *this;
    }
    /// It takes no byte any more.
    played_client& reads_nothing()
    {
        reads_ = false;
        return *this;
    }

    std::string received;        ///< all that the server wrote
    bool saw_end = false;        ///< the server ended its direction in order
    bool closed = false;

    // --- byte_stream ---

    ossify::awaitable<ossify::result<void>> connect(ossify::peer const&) { co_return ossify::result<void>(); }
    ossify::awaitable<ossify::result<void>> secure(ossify::peer const&) { co_return ossify::result<void>(); }

    ossify::io_result try_read_some(std::span<std::byte> into)
    {
        if (closed)
            return {asio::error::bad_descriptor, 0};
        if (inbox_.empty())
            return {steps_.empty() && !stays_ ? std::error_code(asio::error::eof)
                                              : std::error_code(asio::error::would_block),
                    0};
        std::size_t const n = std::min({into.size(), inbox_.size(), most_});
        std::memcpy(into.data(), inbox_.data(), n);
        inbox_.erase(0, n);
        return {{}, n};
    }
    ossify::io_result try_write_some(std::span<asio::const_buffer const> from)
    {
        if (closed)
            return {asio::error::bad_descriptor, 0};
        if (!reads_ || std::exchange(full_, !full_))
            return {asio::error::would_block, 0};
        std::size_t total = 0;
        for (auto const& buffer : from) {
            std::size_t const n = std::min(buffer.size(), most_ - total);
            received.append(static_cast<char const*>(buffer.data()), n);
            total += n;
        }
        return {{}, total};
    }
    ossify::awaitable<std::error_code> wait_readable()
    {
        co_await turn();
        if (inbox_.empty() && !steps_.empty()) {
            timer_.expires_after(steps_.front().after);
            if (steps_.front().after.count() != 0)
                co_await timer_.async_wait(ossify::awaited);
            if (!closed) {
                inbox_ = std::move(steps_.front().bytes);
                steps_.pop_front();
            }
        } else if (inbox_.empty() && stays_) {
            timer_.expires_at(ossify::testing::manual_clock::time_point::max());
            co_await timer_.async_wait(ossify::awaited);
        }
        co_return closed ? std::error_code(asio::error::operation_aborted) : std::error_code();
    }
    ossify::awaitable<std::error_code> wait_writable()
    {
        co_await turn();
        if (!reads_) {
            timer_.expires_at(ossify::testing::manual_clock::time_point::max());
            co_await timer_.async_wait(ossify::awaited);
        }
        co_return closed ? std::error_code(asio::error::operation_aborted) : std::error_code();
    }
    ossify::awaitable<std::error_code> shutdown()
    {
        co_await turn();
        saw_end = true;
        co_return std::error_code();
    }
    void close() noexcept
    {
        closed = true;
        timer_.cancel();
    }
    bool is_open() const noexcept { return !closed; }

private:
    struct step {
        std::string bytes;
        std::chrono::nanoseconds after;
    };

    ossify::awaitable<void> turn()
    {
        asio::any_io_executor const home = co_await asio::this_coro::executor;
        co_await asio::post(asio::bind_executor(home, asio::use_awaitable_t<asio::any_io_executor>{}));
    }

    using clock = ossify::testing::manual_clock;

    asio::any_io_executor ex_;
    asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor> timer_;
    std::deque<step> steps_;
    std::string inbox_;
    std::size_t most_ = std::numeric_limits<std::size_t>::max();
    bool stays_ = false;
    bool reads_ = true;
    bool full_ = false;
};

static_assert(ossify::byte_stream<played_client>);

}  // namespace tests

#endif
