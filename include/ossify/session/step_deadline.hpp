#ifndef OSSIFY_SESSION_STEP_DEADLINE_HPP
#define OSSIFY_SESSION_STEP_DEADLINE_HPP

#include <ossify/async/watchdog.hpp>
#include <ossify/core/error.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace ossify {

/// The time limits of work that goes in steps: each step must show progress within a span of its own, and all of them
/// must end by one point in time. Whichever comes first is the deadline; `cause` tells which one it was. Once it has
/// passed, nothing is limited until it is disarmed.
/// Thread safety: not thread-safe; used on the executor of `begin`.
template<class Clock>
class step_deadline {
public:
    using time_point = typename Clock::time_point;

    /// `act(subject)` runs on the executor of `begin` when the deadline passes.
    step_deadline(std::shared_ptr<watchdog<Clock>> dog, asio::any_io_executor ex, void (*act)(void*) noexcept,
                  void* subject)
        : deadline_(std::move(dog), std::move(ex), act, subject)
    {
    }

    /// From now on for work on `ex` that must end at `end`; `time_point::max()`: at any time. It must be disarmed, and
    /// nothing is limited before the first step. `now` counts as a look at the clock.
    void begin(asio::any_io_executor ex, time_point end, time_point now)
    {
        deadline_.move_to(std::move(ex));
        end_ = end;
        now_ = now;
    }
    /// Ends the work, and lets go of its executor. `begin` comes before the next step.
    void release() noexcept { deadline_.release(); }

    /// The next step must show progress within `span`, from now on; 0: only the end counts.
    void limit(std::chrono::milliseconds span, errc on_expiry)
    {
        span_ = span;
        on_expiry_ = on_expiry;
        progressed();
    }
    /// As `limit`, but the span began when the clock was last looked at: by `begin`, `look`, `limit` or `progressed`.
    void limit_since_look(std::chrono::milliseconds span, errc on_expiry)
    {
        span_ = span;
        on_expiry_ = on_expiry;
        rearm();
    }
    /// The step showed progress: its span begins anew.
    void progressed()
    {
        look();
        rearm();
    }
    /// What happens now is no step of this work: only the end counts, until the next progress.
    void pause()
    {
        cause_ = errc::operation_timeout;
        arm(end_);
    }
    /// Nothing is limited any more, until the next step.
    void disarm() noexcept { deadline_.disarm(); }
    /// Looks at the clock, for `limit_since_look`.
    void look() { now_ = Clock::now(); }

    /// Why the deadline passed, once `act` has run and until the next step: the step's `on_expiry`, or
    /// `operation_timeout`.
    errc cause() const noexcept { return cause_; }

private:
    void rearm()
    {
        auto const until = span_.count() == 0 ? time_point::max() : now_ + span_;
        bool const by_end = end_ <= until;
        cause_ = by_end ? errc::operation_timeout : on_expiry_;
        arm(by_end ? end_ : until);
    }

    void arm(time_point when)
    {
        if (when == time_point::max())
            deadline_.disarm();
        else
            deadline_.arm(when);
    }

    typename watchdog<Clock>::deadline deadline_;
    time_point end_ = time_point::max();
    time_point now_{};
    std::chrono::milliseconds span_{0};
    errc on_expiry_ = errc::stall_timeout;
    errc cause_ = errc::stall_timeout;
};

}  // namespace ossify

#endif
