#ifndef OSSIFY_RECEIVER_KEY_CACHE_HPP
#define OSSIFY_RECEIVER_KEY_CACHE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/core/result.hpp>
#include <ossify/receiver/fetch_key.hpp>
#include <ossify/receiver/key_cache_limits.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// The public keys that callbacks are verified with, by URL. A key is fetched once for all who want it at that time,
/// and kept for a while; so is the news that it could not be had. One that a signature does not fit is fetched again, as
/// its owner may have another by now, though not at once. No fetch that fails takes a pinned key away, or one that is
/// not too old.
/// Thread safety: a monitor. Destruction ends the fetches under way; who waits for them gets a failure.
template<transport Transport>
class key_cache {
public:
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;

    /// Fetches run on `ex`, which must not run two handlers at once.
    key_cache(asio::any_io_executor ex, Transport over, key_cache_limits limits = {})
        : core_(std::make_shared<core>(std::move(ex), std::move(over), limits))
    {
    }
    key_cache(key_cache const&) = delete;
    key_cache& operator=(key_cache const&) = delete;
    ~key_cache()
    {
        asio::dispatch(core_->ex, [core = core_] { core->abandon(); });
    }

    /// Names a URL beforehand: it always has room here, and its fetches are not rationed.
    void expect(std::string url)
    {
        std::lock_guard const lock(core_->mutex);
        core_->entries[std::move(url)].named = true;
    }

    /// Gives a URL a key that is used without a fetch, until a fetch brings another.
    void pin(std::string url, codec::public_key key)
    {
        std::lock_guard const lock(core_->mutex);
        auto& e = core_->entries[std::move(url)];
        e.named = true;
        e.key_until = time_point::max();
        e.key = std::make_shared<codec::public_key const>(std::move(key));
    }

    /// Returns: the key at hand, pinned or fetched not too long ago; null when there is none. Never waits.
    shared_public_key find(std::string_view url) const
    {
        std::lock_guard const lock(core_->mutex);
        auto const at = core_->entries.find(url);
        return at != core_->entries.end() && at->second.usable(clock::now()) ? at->second.key : nullptr;
    }

    /// Returns: a key other than `unfit`, the one that a signature does not fit, or null: the one at hand, else one that
    /// is fetched. `unfit` itself when the fetch brings no other, or the last one was too short a while ago.
    /// Errors: key_unavailable says why there is none at all; the same failure comes back for a while without another
    /// fetch. Cancellation: terminal; the fetch goes on for others.
    awaitable<result<shared_public_key>> get(std::string url, shared_public_key unfit = nullptr);

    /// Why the last fetch from a URL brought no key; nothing when it brought one, or there was none.
    std::optional<failure> last_failure(std::string_view url) const
    {
        std::lock_guard const lock(core_->mutex);
        auto const at = core_->entries.find(url);
        return at == core_->entries.end() ? std::nullopt : at->second.why;
    }

    /// How many fetches were begun.
    std::size_t fetches() const
    {
        std::lock_guard const lock(core_->mutex);
        return core_->fetches;
    }
    /// How many URLs it knows something about.
    std::size_t size() const
    {
        std::lock_guard const lock(core_->mutex);
        return core_->entries.size();
    }

private:
    using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor>;

    struct waiter {
        explicit waiter(asio::any_io_executor on) : ex(on), wake(std::move(on), time_point::max()) {}
        asio::any_io_executor ex;
        timer wake;
        bool called = false;  // on ex only
    };

    /// A fetch under way.
    struct flight {
        std::vector<std::shared_ptr<waiter>> passengers;
        asio::cancellation_signal cancel;
    };

    struct entry {
        shared_public_key key;
        time_point key_until = time_point::min();   // max: the key is pinned
        std::optional<failure> why;                 // the last fetch brought no key
        time_point next_fetch = time_point::min();  // not sooner
        std::shared_ptr<flight> under_way;
        bool named = false;

        bool usable(time_point now) const { return key && now < key_until; }
        result<shared_public_key> outcome(time_point now) const
        {
            if (usable(now))
                return key;
            return why.value_or(failure(errc::key_unavailable));
        }
    };

    struct core : std::enable_shared_from_this<core> {
        core(asio::any_io_executor on, Transport net, key_cache_limits l)
            : ex(std::move(on)), over(std::move(net)), limits(l), dog(std::make_shared<watchdog<clock>>(ex))
        {
        }

        bool admit(std::string const& url, time_point now);
        bool make_room(time_point now);
        void take_off(std::string const& url, std::shared_ptr<flight> const& started);
        void land(std::string const& url, std::exception_ptr thrown, result<shared_public_key> fetched);
        void abandon();

        asio::any_io_executor ex;
        Transport over;
        key_cache_limits limits;
        std::shared_ptr<watchdog<clock>> dog;
        mutable std::mutex mutex;
        std::map<std::string, entry, std::less<>> entries;
        std::size_t fetches = 0;
        time_point ration_begun = time_point::min();
        unsigned ration_used = 0;
        bool closing = false;
    };

    std::shared_ptr<core> core_;
};

// Makes sure that there is an entry, for which a stranger may have to wait.
template<transport Transport>
bool key_cache<Transport>::core::admit(std::string const& url, time_point now)
{
    auto const at = entries.find(url);
    if (at != entries.end() && at->second.named)
        return true;
    if (ration_begun == time_point::min() || now - ration_begun >= std::chrono::minutes(1)) {
        ration_begun = now;
        ration_used = 0;
    }
    if (ration_used >= limits.strangers)
        return false;
    if (at == entries.end() && entries.size() >= limits.keys && !make_room(now))
        return false;
    ++ration_used;
    return true;
}

// Forgets a stranger: rather one without a key, and of those the one that was asked for longest ago.
template<transport Transport>
bool key_cache<Transport>::core::make_room(time_point now)
{
    auto victim = entries.end();
    auto const worth = [now](entry const& e) { return std::pair(e.usable(now), e.next_fetch); };
    for (auto at = entries.begin(); at != entries.end(); ++at)
        if (!at->second.named && !at->second.under_way &&
            (victim == entries.end() || worth(at->second) < worth(victim->second)))
            victim = at;
    if (victim == entries.end())
        return false;
    entries.erase(victim);
    return true;
}

// Without the lock held: a fetch may end at once.
template<transport Transport>
void key_cache<Transport>::core::take_off(std::string const& url, std::shared_ptr<flight> const& started)
{
    auto on_end = [self = this->shared_from_this(), url, started](std::exception_ptr thrown,
                                                                  result<shared_public_key> fetched) {
        self->land(url, thrown, std::move(fetched));
        asio::post(self->ex, [started] {});  // its signal must outlive the coroutine's last step, which this is
    };
    asio::co_spawn(ex, detail::fetch_key<Transport>(over, dog, url, limits.fetch),
                   asio::bind_cancellation_slot(started->cancel.slot(), std::move(on_end)));
}

template<transport Transport>
void key_cache<Transport>::core::land(std::string const& url, std::exception_ptr thrown,
                                      result<shared_public_key> fetched)
{
    std::shared_ptr<flight> landed;
    {
        std::lock_guard const lock(mutex);
        auto& e = entries[url];
        auto const now = clock::now();
        landed = std::exchange(e.under_way, nullptr);
        e.next_fetch = now + limits.retry;
        if (thrown || !fetched) {
            e.why = thrown ? failure(errc::key_unavailable, "the fetch was cut short") : fetched.error();
            if (!e.usable(now))
                e.key = nullptr;
        } else {
            e.why.reset();
            e.next_fetch = now + std::min(limits.retry, limits.life);
            e.key = *std::move(fetched);
            e.key_until = std::max(e.key_until, now + limits.life);
        }
    }
    for (auto const& w : landed->passengers) {
        auto wake = [w] {
            w->called = true;
            w->wake.cancel();
        };
        asio::post(w->ex, std::move(wake));
    }
}

template<transport Transport>
void key_cache<Transport>::core::abandon()
{
    std::vector<std::shared_ptr<flight>> flights;
    {
        std::lock_guard const lock(mutex);
        closing = true;
        for (auto const& item : entries)
            if (item.second.under_way)
                flights.push_back(item.second.under_way);
    }
    for (auto const& f : flights)
        f->cancel.emit(asio::cancellation_type::terminal);
}

template<transport Transport>
awaitable<result<shared_public_key>> key_cache<Transport>::get(std::string url, shared_public_key unfit)
{
    auto const self = core_;  // the cache may go while we wait
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    auto const place = std::make_shared<waiter>(ex);
    std::shared_ptr<flight> started;
    {
        std::lock_guard const lock(self->mutex);
        auto const now = clock::now();
        auto const known = self->entries.find(url);
        bool const is_known = known != self->entries.end();
        if (is_known && known->second.usable(now) && known->second.key != unfit)
            co_return known->second.key;
        if (is_known && known->second.under_way) {
            known->second.under_way->passengers.push_back(place);
        } else if (is_known && now < known->second.next_fetch) {
            co_return known->second.outcome(now);
        } else {
            bool const admitted = !self->closing && self->admit(url, now);
            if (!admitted && is_known && known->second.usable(now))
                co_return known->second.key;
            if (self->closing)
                co_return failure(errc::key_unavailable, "the receiver is closing; the key's URL was not asked");
            if (!admitted)
                co_return failure(errc::key_unavailable, "too many different key URLs; this one was not asked");
            started = std::make_shared<flight>();
            started->passengers.push_back(place);
            self->entries[url].under_way = started;
            ++self->fetches;
        }
    }
    if (started)
        self->take_off(url, started);
    while (!place->called)
        co_await place->wake.async_wait(awaited);
    std::lock_guard const lock(self->mutex);
    auto const at = self->entries.find(url);
    if (at == self->entries.end())
        co_return failure(errc::key_unavailable, "the key was forgotten");
    if (at->second.key)
        co_return at->second.key;
    co_return at->second.why.value_or(failure(errc::key_unavailable));
}

}  // namespace ossify

#endif
