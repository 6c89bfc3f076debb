#ifndef OSSIFY_TESTS_SUPPORT_CANCEL_HPP
#define OSSIFY_TESTS_SUPPORT_CANCEL_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace tests {

/// What came of a coroutine that was cancelled.
template<class T>
struct interrupted {
    std::optional<T> value;
    bool cancelled = false;  ///< the signal was sent before it ended
};

/// Runs a coroutine without regard to time and cancels it after `handlers` handlers, or when it waits for something that
/// does not come.
template<class T>
interrupted<T> interrupt(asio::io_context& io, ossify::awaitable<T> work, std::size_t handlers,
                         asio::cancellation_type type = asio::cancellation_type::terminal)
{
    interrupted<T> out;
    asio::cancellation_signal signal;
    auto on_end = [&](std::exception_ptr, T v) { out.value.emplace(std::move(v)); };
    asio::co_spawn(io, std::move(work), asio::bind_cancellation_slot(signal.slot(), std::move(on_end)));
    for (std::size_t n = 0; n != handlers && !out.value && io.poll_one() != 0; ++n) {
    }
    out.cancelled = !out.value;
    if (out.cancelled)
        signal.emit(type);
    io.poll();
    io.restart();
    return out;
}

}  // namespace tests

#endif
