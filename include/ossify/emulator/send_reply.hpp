#ifndef OSSIFY_EMULATOR_SEND_REPLY_HPP
#define OSSIFY_EMULATOR_SEND_REPLY_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/emulator/fault_plan.hpp>
#include <ossify/emulator/reply.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/server/exchange.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/wait_traits.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Waits for a time on a given clock. Cancellation: terminal.
template<class Clock>
awaitable<void> pause(typename Clock::duration time)
{
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::any_io_executor> timer(ex, time);
    co_await timer.async_wait(awaited);
}

namespace detail {

/// The head of the answer, which leaves it.
inline http::response_head head_of(reply& from)
{
    http::response_head head(from.status);
    head.headers = std::move(from.headers);
    return head;
}

/// Sends bytes of an object, `[first, first + length)`, but announces `announced`. `bandwidth` is in bytes a second, 0
/// for no limit.
template<class Clock>
awaitable<void> send_object(http_exchange& http, reply& answer, std::uint64_t announced, std::uint64_t bandwidth)
{
    std::size_t const piece_bytes = bandwidth != 0 ? 16 * 1024 : 256 * 1024;
    std::uint64_t at = answer.first;
    std::uint64_t left = answer.length;
    auto const object = answer.object;
    std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_bytes)));
    auto head = head_of(answer);
    if (auto started = co_await http.start_reply(std::move(head), announced); !started)
        co_return;
    while (left != 0) {
        std::span<std::byte> const into =
            std::span(piece).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
        auto const read = object->data.read_at(at, into);
        if (!read || *read != into.size())
            co_return http.drop(http_exchange::ending::reset);  // a short body must not look whole
        if (bandwidth != 0)
            co_await pause<Clock>(std::chrono::microseconds(into.size() * 1'000'000 / bandwidth));
        if (auto sent = co_await http.send(into); !sent)
            co_return;
        at += into.size();
        left -= into.size();
    }
}

/// Sends the head in pieces, and closes after the body.
template<class Clock>
awaitable<void> send_slowly(http_exchange& http, reply& answer, typename Clock::duration gap)
{
    constexpr std::size_t piece_bytes = 16;
    auto head = head_of(answer);
    if (!head.headers.contains("Content-Length"))
        head.headers.set("Content-Length", std::to_string(answer.object ? answer.length : answer.body.size()));
    head.headers.set("Connection", "close");
    std::string text;
    http::write_head(text, head);
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        auto sent = co_await http.send_raw(text.substr(at, piece_bytes));
        if (!sent)
            co_return http.drop();
        co_await pause<Clock>(gap);
    }
    if (http.head().method != http::method::head) {
        std::string body = answer.body;
        if (answer.object) {
            body.resize(static_cast<std::size_t>(answer.length));
            (void)answer.object->data.read_at(answer.first, std::as_writable_bytes(std::span(body)));
        }
        (void)co_await http.send_raw(std::move(body));
    }
    http.drop();
}

}  // namespace detail

/// Sends the service's answer, with what is to go wrong with it on the way.
/// Lifetime: `answer` must live until the await returns. Cancellation: terminal; the connection is then closed.
template<class Clock>
awaitable<void> send_reply(http_exchange& http, reply& answer, fault_effects faults)
{
    bool const has_body = http.head().method != http::method::head;
    if (faults.lose_answer)
        co_return http.drop(http_exchange::ending::reset);
    if (faults.malform)
        answer.body.resize(answer.body.size() / 2);
    if (faults.slow_headers.count() != 0) {
        co_await detail::send_slowly<Clock>(http, answer, faults.slow_headers);
        co_return;
    }
    if (faults.truncate) {
        if (answer.object && has_body) {
            std::uint64_t const whole = answer.length;
            answer.length /= 2;
            co_await detail::send_object<Clock>(http, answer, whole, faults.bandwidth);
        } else if (!answer.body.empty()) {
            auto head = detail::head_of(answer);
            auto const half = std::as_bytes(std::span(answer.body)).first(answer.body.size() / 2);
            if (auto started = co_await http.start_reply(std::move(head), answer.body.size()); started)
                (void)co_await http.send(half);
        }
        co_return http.drop();  // a reset could take back what was sent
    }
    if (answer.object && has_body) {
        co_await detail::send_object<Clock>(http, answer, answer.length, faults.bandwidth);
        co_return;
    }
    auto head = detail::head_of(answer);
    http.reply(std::move(head), std::move(answer.body));
}

}  // namespace ossify::emulation

#endif
