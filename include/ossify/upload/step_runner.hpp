#ifndef OSSIFY_UPLOAD_STEP_RUNNER_HPP
#define OSSIFY_UPLOAD_STEP_RUNNER_HPP

#include <ossify/async/event.hpp>
#include <ossify/async/task_group.hpp>
#include <ossify/core/result.hpp>
#include <ossify/upload/operation_end.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace ossify::detail {

/// What a cancelled upload does with the parts that were sent.
enum class stop_wish { none, keep_parts, abort };

/// Runs the steps of an operation that has to clean up after itself. Its coroutine listens to all types of cancellation
/// and never throws because of one; each step runs in a task of its own, which does.
template<class Clock>
class step_runner {
    using timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::any_io_executor>;

public:
    /// `early`: a signal that came before the coroutine listened.
    step_runner(asio::any_io_executor ex, asio::cancellation_type early) : ex_(std::move(ex)), early_(early) {}

    asio::any_io_executor const& executor() const noexcept { return ex_; }

    /// What the caller has asked for by now.
    awaitable<stop_wish> wish() const
    {
        auto const state = co_await asio::this_coro::cancellation_state;
        auto const types = state.cancelled() | early_;
        if ((types & asio::cancellation_type::terminal) != asio::cancellation_type::none)
            co_return stop_wish::abort;
        co_return types == asio::cancellation_type::none ? stop_wish::none : stop_wish::keep_parts;
    }

    /// Runs a step that is to end at once when the operation is cancelled; not even begins it afterwards.
    template<class T>
    awaitable<result<T>> guarded(awaitable<result<T>> step) const
    {
        result<T> out = failure(errc::cancelled);
        stop_wish const now = co_await wish();
        if (now != stop_wish::none)
            co_return out;
        task_group group;
        group.spawn(ex_, into(std::move(step), out));
        auto const thrown = co_await group.join();
        if (thrown)
            std::rethrow_exception(thrown);
        co_return out;
    }

    /// The same, and ends the step at `end`. Errors: `operation_timeout`.
    template<class T>
    awaitable<result<T>> guarded(awaitable<result<T>> step, typename Clock::time_point end) const
    {
        result<T> out = failure(errc::cancelled);
        stop_wish const now = co_await wish();
        if (now != stop_wish::none)
            co_return out;
        timer limit(ex_, end);
        time_limit state(limit);
        task_group group;
        group.spawn(ex_, into_within(std::move(step), out, state));
        group.spawn(ex_, cut_off(group, state));
        auto const thrown = co_await group.join();
        if (thrown)
            std::rethrow_exception(thrown);
        if (state.passed)
            co_return failure(errc::operation_timeout);
        co_return out;
    }

    /// Runs a step that is to be done although the operation is cancelled. It must have an end of its own.
    template<class T>
    awaitable<result<T>> shielded(awaitable<result<T>> step) const
    {
        auto own = deaf(std::move(step));
        auto const ended = co_await asio::co_spawn(ex_, std::move(own), awaited);
        if (std::get<0>(ended))
            std::rethrow_exception(std::get<0>(ended));
        co_return std::get<1>(ended);
    }

    /// Runs a step that is given a little while to end by itself when the operation is cancelled, because only its
    /// result tells what is to be cleaned up. Not begun afterwards.
    template<class T>
    awaitable<result<T>> patient(awaitable<result<T>> step, std::chrono::milliseconds patience) const
    {
        result<T> out = failure(errc::cancelled);
        stop_wish const now = co_await wish();
        if (now != stop_wish::none)
            co_return out;
        event ended;
        timer grace(ex_);
        bool done = false;
        task_group group;
        group.spawn(ex_, into_and_tell(std::move(step), out, done, grace, ended));
        while (!done) {
            bool const woken = co_await ended.wait(0);
            if (woken || done)
                break;
            grace.expires_after(patience);
            auto last = wait_out(grace, group, done);
            (void)co_await shielded(std::move(last));
            break;
        }
        auto const thrown = co_await group.join();
        if (thrown)
            std::rethrow_exception(thrown);
        co_return out;
    }

private:
    template<class T>
    static awaitable<void> into(awaitable<result<T>> step, result<T>& out)
    {
        out = co_await ending(std::move(step));
    }

    // What a step and its time limit share.
    struct time_limit {
        explicit time_limit(timer& t) : at(t) {}
        timer& at;
        bool ended = false;   // the step came first,
        bool passed = false;  // or its limit
    };

    template<class T>
    static awaitable<void> into_within(awaitable<result<T>> step, result<T>& out, time_limit& limit)
    {
        class at_end {
        public:
            explicit at_end(time_limit& l) : limit_(l) {}
            at_end(at_end const&) = delete;
            at_end& operator=(at_end const&) = delete;
            ~at_end()
            {
                limit_.ended = true;
                limit_.at.cancel();
            }

        private:
            time_limit& limit_;
        };
        at_end const told(limit);
        out = co_await ending(std::move(step));
    }

    static awaitable<void> cut_off(task_group& group, time_limit& limit)
    {
        if (limit.ended)
            co_return;
        auto [ec] = co_await limit.at.async_wait(awaited);
        if (ec || limit.ended)
            co_return;
        limit.passed = true;
        group.cancel();
    }

    template<class T>
    static awaitable<result<T>> deaf(awaitable<result<T>> step)
    {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_return co_await std::move(step);
    }

    template<class T>
    static awaitable<void> into_and_tell(awaitable<result<T>> step, result<T>& out, bool& done, timer& grace,
                                         event& ended)
    {
        class teller {
        public:
            teller(bool& d, timer& g, event& e) : done_(d), grace_(g), ended_(e) {}
            teller(teller const&) = delete;
            teller& operator=(teller const&) = delete;
            ~teller()
            {
                done_ = true;
                grace_.cancel();
                ended_.happen();
            }

        private:
            bool& done_;
            timer& grace_;
            event& ended_;
        };
        teller const at_end(done, grace, ended);
        out = co_await ending(std::move(step));
    }

    static awaitable<result<void>> wait_out(timer& grace, task_group& group, bool const& done)
    {
        auto [ec] = co_await grace.async_wait(awaited);
        if (!done && !ec)
            group.cancel();
        co_return result<void>();
    }

    asio::any_io_executor ex_;
    asio::cancellation_type early_;
};

}  // namespace ossify::detail

#endif
