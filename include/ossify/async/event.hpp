#ifndef OSSIFY_ASYNC_EVENT_HPP
#define OSSIFY_ASYNC_EVENT_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/basic_waitable_timer.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace ossify {

namespace detail {

/// A coroutine that waits until somebody calls it, from whatever thread. A timer that never expires carries the wait, so
/// that cancellation and the end of the `io_context` find it.
class sleeper {
public:
    explicit sleeper(asio::any_io_executor ex) : ex_(ex), timer_(std::move(ex), timer::time_point::max()) {}

    /// Waits until called or cancelled. Returns: whether it was called.
    static awaitable<bool> wait(std::shared_ptr<sleeper> self)
    {
        auto const state = co_await asio::this_coro::cancellation_state;
        while (!self->called_ && state.cancelled() == asio::cancellation_type::none)
            co_await self->timer_.async_wait(awaited);
        co_return self->called_;
    }

    static void call(std::shared_ptr<sleeper> const& self)
    {
        auto wake = [self] {
            self->called_ = true;
            self->timer_.cancel();
        };
        asio::post(self->ex_, std::move(wake));
    }

private:
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                             asio::any_io_executor>;

    asio::any_io_executor ex_;
    timer timer_;
    bool called_ = false;  // on ex_ only
};

}  // namespace detail

/// Something that happens again and again, and for which coroutines wait: a condition variable without a lock.
/// Who waits takes `count()` first, then looks at what it waits for, and then waits with that count: what happens in
/// between is not missed.
/// Thread safety: a monitor. It must outlive the waits.
class event {
public:
    event() = default;
    event(event const&) = delete;
    event& operator=(event const&) = delete;

    /// How often it has happened.
    std::uint64_t count() const
    {
        std::lock_guard const lock(mutex_);
        return count_;
    }

    /// Wakes all who wait.
    void happen()
    {
        std::vector<std::shared_ptr<detail::sleeper>> woken;
        {
            std::lock_guard const lock(mutex_);
            ++count_;
            woken.swap(line_);
        }
        for (auto const& s : woken)
            detail::sleeper::call(s);
    }

    /// Waits until it has happened more often than `seen`.
    /// Returns: false when the wait was cancelled, or the coroutine had been before. Cancellation: all types.
    awaitable<bool> wait(std::uint64_t seen)
    {
        asio::any_io_executor ex = co_await asio::this_coro::executor;
        auto const self = std::make_shared<detail::sleeper>(std::move(ex));
        {
            std::lock_guard const lock(mutex_);
            if (count_ != seen)
                co_return true;
            line_.push_back(self);
        }
        place const kept(*this, self);
        co_return co_await detail::sleeper::wait(self);
    }

private:
    // Leaves the line when the wait ends, and also when its coroutine is destroyed.
    class place {
    public:
        place(event& in, std::shared_ptr<detail::sleeper> const& self) noexcept : in_(in), self_(self) {}
        place(place const&) = delete;
        place& operator=(place const&) = delete;
        ~place()
        {
            std::lock_guard const lock(in_.mutex_);
            std::erase(in_.line_, self_);
        }

    private:
        event& in_;
        std::shared_ptr<detail::sleeper> const& self_;
    };

    mutable std::mutex mutex_;
    std::uint64_t count_ = 0;
    std::vector<std::shared_ptr<detail::sleeper>> line_;
};

}  // namespace ossify

#endif
