#ifndef OSSIFY_TESTS_SUPPORT_RUN_HPP
#define OSSIFY_TESTS_SUPPORT_RUN_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/testing/manual_clock.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tests {

/// Runs a coroutine alone in virtual time. Throws what it throws, and std::logic_error when it does not end.
template<class T>
T run(asio::io_context& io, ossify::awaitable<T> work)
{
    std::exception_ptr thrown;
    std::optional<T> value;
    auto on_end = [&](std::exception_ptr e, T v) {
        thrown = e;
        value.emplace(std::move(v));
    };
    asio::co_spawn(io, std::move(work), std::move(on_end));
    ossify::testing::run_in_virtual_time(io);
    io.restart();
    if (!value)
        throw std::logic_error("the coroutine did not end");
    if (thrown)
        std::rethrow_exception(thrown);
    return *std::move(value);
}

/// How a run ended that was cancelled after a number of handlers.
template<class T>
struct cancelled_run {
    std::optional<T> value;
    bool cancelled = false;  ///< the signal was sent before the end
    bool threw = false;
};

/// Runs a coroutine, and cancels it after `handlers` handlers have run.
template<class T>
cancelled_run<T> run_and_cancel(asio::io_context& io, ossify::awaitable<T> work, std::size_t handlers,
                                asio::cancellation_type type = asio::cancellation_type::terminal)
{
    cancelled_run<T> out;
    asio::cancellation_signal signal;
    auto on_end = [&](std::exception_ptr e, T v) {
        out.threw = e != nullptr;
        out.value.emplace(std::move(v));
    };
    asio::co_spawn(io, std::move(work), asio::bind_cancellation_slot(signal.slot(), std::move(on_end)));
    for (std::size_t n = 0; n != handlers && !out.value; ++n)
        while (io.poll_one() == 0 && !io.stopped())
            ossify::testing::manual_clock::advance(std::chrono::milliseconds(1));
    if (!out.value) {
        out.cancelled = true;
        signal.emit(type);
    }
    ossify::testing::run_in_virtual_time(io);
    io.restart();
    return out;
}

}  // namespace tests

#endif
