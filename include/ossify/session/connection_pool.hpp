#ifndef OSSIFY_SESSION_CONNECTION_POOL_HPP
#define OSSIFY_SESSION_CONNECTION_POOL_HPP

#include <ossify/session/connection.hpp>

#include <asio/basic_waitable_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace ossify {

/// Connections that are kept for the next request to the same peer. Those that have been idle for too long are closed with
/// a later use, for whatever peer; no timer waits for that.
/// Thread safety: a monitor; a lease belongs to one operation.
template<transport Transport>
class connection_pool : public std::enable_shared_from_this<connection_pool<Transport>> {
public:
    using connection_type = connection<Transport>;
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;

    /// `most`: connections in use at one time, over all peers; 0: any number. Who comes later waits.
    connection_pool(Transport net, asio::any_io_executor ex, std::size_t most, idle_limits idle)
        : net_(std::move(net)),
          ex_(ex),
          dog_(std::make_shared<watchdog<clock>>(std::move(ex))),
          most_(most),
          idle_limit_(idle)
    {
    }

    /// A connection for one request. It goes back when the lease ends, if it can carry another request.
    class lease {
    public:
        lease() = default;
        lease(std::shared_ptr<connection_pool> pool, std::unique_ptr<connection_type> c, bool used)
            : pool_(std::move(pool)), connection_(std::move(c)), used_before_(used)
        {
        }
        lease(lease&& other) noexcept = default;
        lease& operator=(lease&& other) noexcept
        {
            release();
            pool_ = std::move(other.pool_);
            connection_ = std::move(other.connection_);
            used_before_ = other.used_before_;
            return *this;
        }
        ~lease() { release(); }

        /// False when there is no connection in it.
        explicit operator bool() const noexcept { return connection_ != nullptr; }
        connection_type* operator->() const noexcept { return connection_.get(); }
        /// True when it has carried a request before: the peer may have closed it just now.
        bool used_before() const noexcept { return used_before_; }

    private:
        void release() noexcept
        {
            if (connection_)
                pool_->give_back(std::move(connection_));
            pool_.reset();
        }

        std::shared_ptr<connection_pool> pool_;
        std::unique_ptr<connection_type> connection_;
        bool used_before_ = false;
    };

    /// An idle connection to the peer that is still live, or one that is yet to be opened; none while as many as allowed
    /// are in use. It is used by a coroutine on `ex` until `end`.
    lease try_acquire(asio::any_io_executor const& ex, peer const& to, timeouts const& limits, time_point end)
    {
        auto const now = clock::now();
        std::unique_ptr<connection_type> found;
        {
            std::lock_guard const lock(mutex_);
            if (most_ != 0 && in_use_ >= most_)
                return lease();
            ++in_use_;
            found = take_idle(to, now);
        }
        ticket place(*this, true);
        return furnish(place, std::move(found), now, ex, to, limits, end);
    }

    /// As above, but waits: first come, first served. `end` bounds the wait.
    awaitable<result<lease>> acquire(peer to, timeouts limits, time_point end)
    {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        ticket place(*this, false);
        while (!place.admitted()) {
            auto turn = place.queue(ex, end);
            co_await turn->timer.async_wait(awaited);
            if (!turn->called && clock::now() >= end)
                co_return failure(errc::operation_timeout, "all connections are in use");
        }
        auto const now = clock::now();
        co_return furnish(place, locked_take_idle(to, now), now, ex, to, limits, end);
    }

    /// How many connections wait for their next request.
    std::size_t idle() const
    {
        std::lock_guard const lock(mutex_);
        return idle_count_;
    }

private:
    using connections = std::deque<std::unique_ptr<connection_type>>;

    struct hash_peer {
        std::size_t operator()(peer const& p) const noexcept
        {
            return std::hash<std::string>()(p.host) * 31 + p.port * 2U + (p.secure ? 1 : 0);
        }
    };

    struct waiter {
        waiter(asio::any_io_executor on, time_point end) : ex(on), timer(std::move(on), end) {}
        asio::any_io_executor ex;
        asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor> timer;
        bool called = false;  // on ex only
    };

    // A place among the connections in use; given up unless a lease takes it over.
    class ticket {
    public:
        ticket(connection_pool& pool, bool held) : pool_(pool), held_(held) {}
        ticket(ticket const&) = delete;
        ticket& operator=(ticket const&) = delete;
        ~ticket()
        {
            if (waiting_)
                pool_.leave(waiting_);
            if (held_)
                pool_.free_place();
        }
        bool admitted()
        {
            if (waiting_) {
                held_ = waiting_->called;
                if (held_)
                    waiting_.reset();
            } else {
                held_ = pool_.try_enter();
            }
            return held_;
        }
        std::shared_ptr<waiter> queue(asio::any_io_executor const& ex, time_point end)
        {
            if (!waiting_) {
                waiting_ = std::make_shared<waiter>(ex, end);
                pool_.line_up(waiting_);
            }
            return waiting_;
        }
        void keep() { held_ = false; }

    private:
        connection_pool& pool_;
        std::shared_ptr<waiter> waiting_;
        bool held_;
    };

    // The connection for an admitted request: `found`, or another that is idle and live, or a new one.
    lease furnish(ticket& place, std::unique_ptr<connection_type> found, time_point now,
                  asio::any_io_executor const& ex, peer const& to, timeouts const& limits, time_point end)
    {
        // one that was in use just now need not be asked whether it is live
        while (found && now - found->idle_since() > fresh && !found->is_live())
            found = locked_take_idle(to, now);
        bool const used = found != nullptr;
        if (!found)
            found = std::make_unique<connection_type>(net_, ex_, dog_, to);
        place.keep();
        found->begin_use(ex, limits, end, now);
        return lease(this->shared_from_this(), std::move(found), used);
    }

    bool try_enter()
    {
        std::lock_guard const lock(mutex_);
        if (most_ != 0 && in_use_ >= most_)
            return false;
        ++in_use_;
        return true;
    }

    void line_up(std::shared_ptr<waiter> const& w)
    {
        std::lock_guard const lock(mutex_);
        if (in_use_ < most_) {  // a place came free since we looked
            ++in_use_;
            call(w);
        } else {
            line_.push_back(w);
        }
    }

    // A waiter gives up. If its turn was on the way, the next one gets it.
    void leave(std::shared_ptr<waiter> const& w)
    {
        {
            std::lock_guard const lock(mutex_);
            auto const at = std::find(line_.begin(), line_.end(), w);
            if (at != line_.end()) {
                line_.erase(at);
                return;
            }
        }
        free_place();
    }

    void free_place()
    {
        std::lock_guard const lock(mutex_);
        pass_on_place();
    }

    // with the mutex held
    void pass_on_place()
    {
        if (line_.empty()) {
            --in_use_;
            return;
        }
        std::shared_ptr<waiter> const next = std::move(line_.front());
        line_.pop_front();
        call(next);
    }

    void call(std::shared_ptr<waiter> const& w)
    {
        auto wake = [w] {
            w->called = true;
            w->timer.cancel();
        };
        asio::post(w->ex, std::move(wake));
    }

    std::unique_ptr<connection_type> locked_take_idle(peer const& to, time_point now)
    {
        std::lock_guard const lock(mutex_);
        return take_idle(to, now);
    }

    // with the mutex held
    std::unique_ptr<connection_type> take_idle(peer const& to, time_point now)
    {
        sweep(now);
        auto const at = idle_.find(to);
        if (at == idle_.end() || at->second.empty() || too_old(*at->second.back(), now))
            return nullptr;
        auto found = std::move(at->second.back());
        at->second.pop_back();
        --idle_count_;
        return found;
    }

    void give_back(std::unique_ptr<connection_type> c) noexcept
    {
        auto const now = clock::now();
        c->end_use(now);
        std::lock_guard const lock(mutex_);
        sweep(now);
        if (c->reusable() && idle_count_ < idle_limit_.connections) {
            idle_[c->remote()].push_back(std::move(c));
            ++idle_count_;
        }
        pass_on_place();
    }

    bool too_old(connection_type const& c, time_point now) const { return now - c.idle_since() > idle_limit_.age; }

    // Closes what has been idle for too long, all over, now and then. With the mutex held.
    void sweep(time_point now)
    {
        if (now < next_sweep_)
            return;
        next_sweep_ = now + idle_limit_.age / 4;
        for (auto at = idle_.begin(); at != idle_.end();) {
            connections& line = at->second;  // the oldest first
            while (!line.empty() && too_old(*line.front(), now)) {
                line.pop_front();
                --idle_count_;
            }
            at = line.empty() ? idle_.erase(at) : std::next(at);
        }
    }

    static constexpr std::chrono::milliseconds fresh{10};  // since a connection's last answer

    Transport net_;
    asio::any_io_executor ex_;
    std::shared_ptr<watchdog<clock>> dog_;
    std::size_t most_;
    idle_limits idle_limit_;
    mutable std::mutex mutex_;
    std::unordered_map<peer, connections, hash_peer> idle_;
    std::list<std::shared_ptr<waiter>> line_;
    std::size_t in_use_ = 0;
    std::size_t idle_count_ = 0;
    time_point next_sweep_{};
};

}  // namespace ossify

#endif
