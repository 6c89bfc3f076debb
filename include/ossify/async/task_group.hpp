#ifndef OSSIFY_ASYNC_TASK_GROUP_HPP
#define OSSIFY_ASYNC_TASK_GROUP_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/event.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace ossify {

/// Coroutines that one coroutine starts and waits for. The first that throws has the others cancelled.
/// Lifetime: `join` must have returned before what the tasks refer to ends.
/// Thread safety: a monitor; tasks may run on executors of their own.
class task_group {
public:
    task_group() : state_(std::make_shared<state>()) {}

    /// Starts a task on `ex`, which must not run two handlers at once.
    void spawn(asio::any_io_executor ex, awaitable<void> work)
    {
        auto const own = state_->add(ex);
        auto on_end = [st = state_, own](std::exception_ptr e) { st->remove(own, e); };
        asio::co_spawn(std::move(ex), std::move(work), asio::bind_cancellation_slot(own->signal.slot(), std::move(on_end)));
    }

    /// Asks all tasks that run now to stop. The signal reaches each on its own executor.
    void cancel() { state_->cancel(); }

    std::size_t running() const { return state_->count(); }

    /// Waits until no task runs. When the waiting coroutine is cancelled, the tasks are cancelled too, and still waited for.
    /// Returns: what the first of them threw, if any.
    /// Cancellation: all types that the coroutine lets in. One that may be cancelled before it joins must have called
    /// `this_coro::throw_if_cancelled(false)`, or the await throws without joining.
    awaitable<std::exception_ptr> join()
    {
        auto const st = state_;  // the group itself may go
        bool const throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        for (;;) {
            std::uint64_t const seen = st->ended.count();
            if (st->count() == 0)
                break;
            bool const woken = co_await st->ended.wait(seen);
            if (woken)
                continue;
            // Cancelled: a further wait in this coroutine would not wait. One with its own cancellation state does.
            st->cancel();
            asio::any_io_executor ex = co_await asio::this_coro::executor;
            awaitable<void> rest = wait_all(st);
            co_await asio::co_spawn(std::move(ex), std::move(rest), awaited);
        }
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return st->take_first();
    }

private:
    struct task {
        explicit task(asio::any_io_executor on) : ex(std::move(on)) {}
        asio::any_io_executor ex;
        asio::cancellation_signal signal;
        bool live = true;  // on ex only
    };

    class state {
    public:
        std::shared_ptr<task> add(asio::any_io_executor ex)
        {
            auto made = std::make_shared<task>(std::move(ex));
            std::lock_guard const lock(mutex_);
            tasks_.push_back(made);
            return made;
        }

        void remove(std::shared_ptr<task> const& ended_task, std::exception_ptr e)
        {
            ended_task->live = false;
            bool failed_first = false;
            {
                std::lock_guard const lock(mutex_);
                tasks_.remove(ended_task);
                failed_first = e && !first_;
                if (failed_first)
                    first_ = e;
            }
            if (failed_first)
                cancel();
            ended.happen();
        }

        void cancel()
        {
            std::list<std::shared_ptr<task>> all;
            {
                std::lock_guard const lock(mutex_);
                all = tasks_;
            }
            for (auto const& t : all) {
                auto emit = [t] {
                    if (t->live)
                        t->signal.emit(asio::cancellation_type::terminal);
                };
                asio::dispatch(t->ex, std::move(emit));
            }
        }

        std::size_t count() const
        {
            std::lock_guard const lock(mutex_);
            return tasks_.size();
        }

        std::exception_ptr take_first()
        {
            std::lock_guard const lock(mutex_);
            return std::exchange(first_, nullptr);
        }

        event ended;

    private:
        mutable std::mutex mutex_;
        std::list<std::shared_ptr<task>> tasks_;
        std::exception_ptr first_;
    };

    static awaitable<void> wait_all(std::shared_ptr<state> st)
    {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        for (;;) {
            std::uint64_t const seen = st->ended.count();
            if (st->count() == 0)
                co_return;
            co_await st->ended.wait(seen);
        }
    }

    std::shared_ptr<state> state_;
};

}  // namespace ossify

#endif
