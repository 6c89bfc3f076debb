#ifndef OSSIFY_ASYNC_BYTE_BUDGET_HPP
#define OSSIFY_ASYNC_BYTE_BUDGET_HPP

#include <ossify/async/event.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace ossify {

namespace detail {

/// The part of a `byte_budget` that its leases share.
class budget_state {
public:
    /// What one customer holds.
    struct account {
        std::uint64_t held = 0;
    };

    struct request {
        std::shared_ptr<account> who;
        std::uint64_t bytes = 0;
        std::shared_ptr<sleeper> line;
        bool granted = false;
    };

    explicit budget_state(std::uint64_t bytes) : capacity_(bytes) {}

    void enter(std::shared_ptr<request> const& r)
    {
        std::lock_guard const lock(mutex_);
        waiting_.push_back(r);
        grant();
    }

    // Gives up a wait, or what came of it.
    void leave(std::shared_ptr<request> const& r)
    {
        std::lock_guard const lock(mutex_);
        if (r->granted) {
            r->who->held -= r->bytes;
            used_ -= r->bytes;
        } else {
            waiting_.remove(r);
        }
        grant();
    }

    void give_back(account& who, std::uint64_t bytes)
    {
        std::lock_guard const lock(mutex_);
        who.held -= bytes;
        used_ -= bytes;
        grant();
    }

    bool is_granted(request const& r) const
    {
        std::lock_guard const lock(mutex_);
        return r.granted;
    }

    bool contended() const
    {
        std::lock_guard const lock(mutex_);
        return !waiting_.empty();
    }

    std::uint64_t used() const
    {
        std::lock_guard const lock(mutex_);
        return used_;
    }

private:
    // With the mutex held. Who comes first is not overtaken by a smaller request, or a large one might wait for ever.
    void grant()
    {
        while (!waiting_.empty()) {
            auto const first = std::min_element(waiting_.begin(), waiting_.end(), [](auto const& a, auto const& b) {
                return a->who->held < b->who->held;
            });
            std::shared_ptr<request> const r = *first;
            if (used_ != 0 && r->bytes > capacity_ - std::min(used_, capacity_))
                return;
            waiting_.erase(first);
            r->granted = true;
            r->who->held += r->bytes;
            used_ += r->bytes;
            sleeper::call(r->line);
        }
    }

    mutable std::mutex mutex_;
    std::uint64_t capacity_;
    std::uint64_t used_ = 0;
    std::list<std::shared_ptr<request>> waiting_;
};

}  // namespace detail

/// Memory that several uploads share. Who holds least comes first; of two that hold as much, who has waited longer.
/// A request for more than the whole budget is granted when nothing else is held: better slow than never.
/// Thread safety: a monitor. Customers and leases may outlive it.
class byte_budget {
public:
    explicit byte_budget(std::uint64_t bytes) : state_(std::make_shared<detail::budget_state>(bytes)) {}

    /// Bytes; they go back when the lease ends.
    class lease {
    public:
        lease() = default;
        lease(std::shared_ptr<detail::budget_state> from, std::shared_ptr<detail::budget_state::account> who,
              std::uint64_t bytes)
            : from_(std::move(from)), who_(std::move(who)), bytes_(bytes)
        {
        }
        lease(lease&& other) noexcept
            : from_(std::move(other.from_)), who_(std::move(other.who_)), bytes_(std::exchange(other.bytes_, 0))
        {
        }
        lease& operator=(lease&& other) noexcept
        {
            release();
            from_ = std::move(other.from_);
            who_ = std::move(other.who_);
            bytes_ = std::exchange(other.bytes_, 0);
            return *this;
        }
        ~lease() { release(); }

        std::uint64_t bytes() const noexcept { return bytes_; }
        void release() noexcept
        {
            if (from_)
                from_->give_back(*who_, std::exchange(bytes_, 0));
            from_.reset();
        }

    private:
        std::shared_ptr<detail::budget_state> from_;
        std::shared_ptr<detail::budget_state::account> who_;
        std::uint64_t bytes_ = 0;
    };

    /// One of those who share, an upload: what it holds counts together.
    class customer {
    public:
        explicit customer(byte_budget const& of)
            : from_(of.state_), account_(std::make_shared<detail::budget_state::account>())
        {
        }

        /// Waits for its turn and for the bytes.
        /// Returns: nothing when the wait was cancelled. Cancellation: all types; nothing is held then.
        awaitable<std::optional<lease>> acquire(std::uint64_t bytes) { return wait(from_, account_, bytes); }

        /// True when somebody waits: a lease that could be given back now would help.
        bool contended() const { return from_->contended(); }

    private:
        std::shared_ptr<detail::budget_state> from_;
        std::shared_ptr<detail::budget_state::account> account_;
    };

    std::uint64_t used() const { return state_->used(); }

private:
    // Takes what was granted, or leaves the line when the wait is cancelled or its coroutine destroyed.
    class turn {
    public:
        turn(std::shared_ptr<detail::budget_state> from, std::shared_ptr<detail::budget_state::request> r)
            : from_(std::move(from)), request_(std::move(r))
        {
        }
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn()
        {
            if (!taken_)
                from_->leave(request_);
        }
        bool granted() const { return from_->is_granted(*request_); }
        lease take()
        {
            taken_ = true;
            return lease(from_, request_->who, request_->bytes);
        }

    private:
        std::shared_ptr<detail::budget_state> from_;
        std::shared_ptr<detail::budget_state::request> request_;
        bool taken_ = false;
    };

    static awaitable<std::optional<lease>> wait(std::shared_ptr<detail::budget_state> from,
                                                std::shared_ptr<detail::budget_state::account> who,
                                                std::uint64_t bytes)
    {
        auto const r = std::make_shared<detail::budget_state::request>();
        asio::any_io_executor ex = co_await asio::this_coro::executor;
        r->who = std::move(who);
        r->bytes = bytes;
        r->line = std::make_shared<detail::sleeper>(std::move(ex));
        turn own(from, r);
        from->enter(r);
        while (!own.granted())
            if (!co_await detail::sleeper::wait(r->line))
                co_return std::nullopt;
        co_return std::optional<lease>(own.take());
    }

    std::shared_ptr<detail::budget_state> state_;
};

}  // namespace ossify

#endif
