#ifndef OSSIFY_ASYNC_WATCHDOG_HPP
#define OSSIFY_ASYNC_WATCHDOG_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/basic_waitable_timer.hpp>
#include <asio/bind_executor.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace ossify {

/// Deadlines for many operations on one timer. Moving a deadline further away costs a store, so that it can be moved
/// with every byte; the timer is only set again when it fires. No timer is pending while no deadline is armed.
/// Thread safety: a monitor.
template<class Clock>
class watchdog : public std::enable_shared_from_this<watchdog<Clock>> {
    using duration = typename Clock::duration;

    struct entry {
        explicit entry(asio::any_io_executor on) : ex(std::move(on)) {}
        asio::any_io_executor ex;
        std::atomic<typename duration::rep> when{0};
        // the rest is guarded by the watchdog's mutex, but for act and subject, which belong to the deadline's owner
        std::uint64_t armed = 0;  // counts arm and disarm: odd while armed
        std::size_t index = 0;    // position among the armed
        void (*act)(void*) noexcept = nullptr;
        void* subject = nullptr;
    };

public:
    using time_point = typename Clock::time_point;

    explicit watchdog(asio::any_io_executor ex) : timer_(std::move(ex)) {}

    /// The time limit of one thing that happens on one executor: when it passes, `act(subject)` runs on that executor,
    /// unless the deadline was disarmed or destroyed before.
    class deadline {
    public:
        /// `ex` must not run two handlers at once (a strand, or an io_context with one thread); the deadline is armed
        /// and disarmed on it.
        deadline(std::shared_ptr<watchdog> dog, asio::any_io_executor ex, void (*act)(void*) noexcept, void* subject)
            : dog_(std::move(dog)), entry_(std::make_shared<entry>(std::move(ex)))
        {
            entry_->act = act;
            entry_->subject = subject;
        }
        deadline(deadline const&) = delete;
        deadline& operator=(deadline const&) = delete;
        ~deadline() { disarm(); }

        /// Sets the time, or another one. When the deadline has passed, it is disarmed before it is armed again.
        void arm(time_point when)
        {
            entry_->when.store(when.time_since_epoch().count());
            if (!armed_) {
                dog_->add(entry_);
                armed_ = true;
            } else {
                dog_->hurry(when);
            }
        }
        void disarm() noexcept
        {
            if (armed_) {
                armed_ = false;
                dog_->remove(*entry_);
            }
        }
        bool armed() const noexcept { return armed_; }

        /// From now on the deadline acts on `ex`; it must be disarmed.
        void move_to(asio::any_io_executor ex) { entry_->ex = std::move(ex); }
        /// Disarms it and lets go of its executor, which may then be destroyed. `move_to` comes before it is armed again.
        void release() noexcept
        {
            disarm();
            entry_->ex = asio::any_io_executor();
        }

    private:
        std::shared_ptr<watchdog> dog_;
        std::shared_ptr<entry> entry_;
        bool armed_ = false;
    };

private:
    void add(std::shared_ptr<entry> const& e)
    {
        std::lock_guard const lock(mutex_);
        armed_.push_back(e);
        e->index = armed_.size() - 1;
        ++e->armed;
        schedule(when_of(*e));
    }

    void remove(entry& e) noexcept
    {
        std::lock_guard const lock(mutex_);
        if (e.armed % 2 == 0) {
            e.armed += 2;  // it has fired, and what is on its way must find that it comes too late
            return;
        }
        take_out(e);
        if (armed_.empty() && waiting_) {
            waiting_ = false;
            ++wait_number_;
            timer_.cancel();
        }
    }

    // A deadline that comes nearer than the timer is set for needs the timer set again; one that moves away does not.
    void hurry(time_point when)
    {
        if (when.time_since_epoch().count() < next_.load()) {
            std::lock_guard const lock(mutex_);
            if (!armed_.empty())  // else it has fired, and nothing is waited for
                schedule(when);
        }
    }

    void take_out(entry& e) noexcept
    {
        ++e.armed;
        armed_[e.index] = std::move(armed_.back());
        armed_[e.index]->index = e.index;
        armed_.pop_back();
    }

    static time_point when_of(entry const& e)
    {
        return time_point(duration(e.when.load()));
    }

    // with the mutex held
    void schedule(time_point when)
    {
        if (waiting_ && timer_.expiry() <= when)
            return;
        waiting_ = true;
        timer_.expires_at(when);
        next_.store(when.time_since_epoch().count());
        auto on_time = [self = this->shared_from_this(), number = ++wait_number_](std::error_code) {
            self->check(number);
        };
        timer_.async_wait(std::move(on_time));
    }

    void check(std::uint64_t number)
    {
        std::lock_guard const lock(mutex_);
        if (number != wait_number_)
            return;  // set again or cancelled meanwhile
        waiting_ = false;
        next_.store(time_point::max().time_since_epoch().count());  // who comes nearer behind our back sets the timer again
        auto const now = Clock::now();
        auto next = time_point::max();
        for (std::size_t i = 0; i != armed_.size();) {
            auto const when = when_of(*armed_[i]);
            if (when > now) {
                next = std::min(next, when);
                ++i;
                continue;
            }
            std::shared_ptr<entry> const late = armed_[i];
            take_out(*late);
            auto fire = [self = this->shared_from_this(), late, mark = late->armed] { self->fire(*late, mark); };
            asio::post(late->ex, std::move(fire));
        }
        if (!armed_.empty())
            schedule(next);
        else
            next_.store(time_point::min().time_since_epoch().count());
    }

    // on the entry's executor
    void fire(entry& e, std::uint64_t mark)
    {
        {
            std::lock_guard const lock(mutex_);
            if (e.armed != mark)
                return;  // armed again meanwhile
        }
        e.act(e.subject);
    }

    std::mutex mutex_;
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::any_io_executor> timer_;
    std::vector<std::shared_ptr<entry>> armed_;
    std::atomic<typename duration::rep> next_{0};
    std::uint64_t wait_number_ = 0;
    bool waiting_ = false;
};

}  // namespace ossify

#endif
