#ifndef OSSIFY_EMULATOR_FAULT_PLAN_HPP
#define OSSIFY_EMULATOR_FAULT_PLAN_HPP

#include <ossify/emulator/callback_answer.hpp>
#include <ossify/emulator/operation.hpp>
#include <ossify/emulator/service_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// What goes wrong with one request. Without a member set, nothing does.
class fault_effects {
public:
    fault_effects() = default;

    std::chrono::milliseconds clock_offset{0};  ///< the service's clock is off by so much
    std::chrono::milliseconds delay{0};         ///< before the request is looked at
    std::optional<service_error> error;         ///< instead of the operation
    std::chrono::milliseconds qos_delay{0};     ///< x-oss-qos-delay-time of that error; 0: no such header
    std::optional<std::uint64_t> reset_after;   ///< the connection breaks when so many bytes of the body are there
    std::uint64_t bandwidth = 0;                ///< bytes a second of body, either way; 0: no limit
    std::optional<callback_verdict> callback;   ///< the callback is not sent, but failed like this
    bool lose_answer = false;                   ///< the operation takes place, the connection breaks, no answer
    bool wrong_crc = false;                     ///< the answer's CRC-64 is another
    bool wrong_etag = false;                    ///< the answer's ETag is another
    bool truncate = false;                      ///< the answer's body ends half way, and the connection with it
    bool malform = false;                       ///< the answer's body is whole, but no XML any more
    std::chrono::milliseconds slow_headers{0};  ///< between two pieces of the answer's head
};

/// What goes wrong, in the words of a fault plan's text; empty when nothing does.
inline std::string to_string(fault_effects const& e)
{
    std::string out;
    auto const add = [&](bool on, std::string_view word) {
        if (on)
            out.append(out.empty() ? "" : ", ").append(word);
    };
    add(e.clock_offset.count() != 0, "clock");
    add(e.delay.count() != 0, "delay");
    add(e.error.has_value(), "status");
    add(e.reset_after.has_value(), "reset");
    add(e.bandwidth != 0, "bandwidth");
    add(e.callback.has_value(), "callback");
    add(e.lose_answer, "lost-answer");
    add(e.wrong_crc, "wrong-crc");
    add(e.wrong_etag, "wrong-etag");
    add(e.truncate, "truncated");
    add(e.malform, "malformed");
    add(e.slow_headers.count() != 0, "slow-headers");
    return out;
}

/// What a rule looks at. `part` is 0 for requests that concern no part.
class fault_facts {
public:
    fault_facts() = default;
    fault_facts(emulation::operation op, unsigned part_number, std::uint64_t length)
        : operation(op), part(part_number), body_bytes(length)
    {
    }

    emulation::operation operation = operation::get_object;
    unsigned part = 0;
    std::uint64_t body_bytes = 0;  ///< announced
};

/// When something goes wrong, and what.
class fault_rule {
public:
    fault_rule() = default;

    std::optional<emulation::operation> on;  ///< nothing: every operation
    std::optional<unsigned> part;            ///< nothing: every part, and what is no part
    double probability = 1;                  ///< of each request that fits
    std::uint64_t nth = 0;                   ///< only this one of the requests that fit, from 1 on; 0: all of them
    std::uint64_t times = std::numeric_limits<std::uint64_t>::max();  ///< then the rule is spent
    bool reset_anywhere = false;             ///< the connection breaks at a place within the body
    fault_effects effects;
};

/// Decides which requests fail, and how: by rules that are looked at in order and may add up. Chance is seeded, so that
/// the same requests in the same order fail in the same way.
/// Thread safety: a monitor.
class fault_plan {
    struct entry {
        fault_rule rule;
        std::uint64_t fitted = 0;
        std::uint64_t fired = 0;
    };
    struct state {
        mutable std::mutex mutex;
        std::vector<std::shared_ptr<entry>> entries;
        std::uint64_t random = 0;
    };

public:
    /// Says what a rule does, and when. Each member returns the handle, so that they chain.
    class rule_handle {
    public:
        rule_handle& part(unsigned number) { return change([&](fault_rule& r) { r.part = number; }); }
        rule_handle& probability(double p) { return change([&](fault_rule& r) { r.probability = p; }); }
        rule_handle& nth(std::uint64_t n) { return change([&](fault_rule& r) { r.nth = n; }); }
        rule_handle& times(std::uint64_t n) { return change([&](fault_rule& r) { r.times = n; }); }
        rule_handle& once() { return times(1); }

        rule_handle& delay(std::chrono::milliseconds d) { return effect([&](auto& e) { e.delay = d; }); }
        rule_handle& bandwidth(std::uint64_t bytes_a_second)
        {
            return effect([&](auto& e) { e.bandwidth = bytes_a_second; });
        }
        rule_handle& reset_after(std::uint64_t bytes) { return effect([&](auto& e) { e.reset_after = bytes; }); }
        rule_handle& reset_anywhere() { return change([](fault_rule& r) { r.reset_anywhere = true; }); }
        /// 500 is InternalError, 503 ServiceUnavailable, unless `code` says otherwise.
        rule_handle& status(unsigned http_status, std::string code = {})
        {
            auto error = service_failure(http_status, std::move(code));
            return effect([&](auto& e) { e.error = std::move(error); });
        }
        rule_handle& qos_delay(std::chrono::milliseconds d) { return effect([&](auto& e) { e.qos_delay = d; }); }
        rule_handle& lost_answer() { return effect([](auto& e) { e.lose_answer = true; }); }
        rule_handle& wrong_crc() { return effect([](auto& e) { e.wrong_crc = true; }); }
        rule_handle& wrong_etag() { return effect([](auto& e) { e.wrong_etag = true; }); }
        rule_handle& truncated() { return effect([](auto& e) { e.truncate = true; }); }
        rule_handle& malformed() { return effect([](auto& e) { e.malform = true; }); }
        rule_handle& slow_headers(std::chrono::milliseconds gap)
        {
            return effect([&](auto& e) { e.slow_headers = gap; });
        }
        rule_handle& clock_offset(std::chrono::milliseconds by) { return effect([&](auto& e) { e.clock_offset = by; }); }
        rule_handle& callback(callback_verdict verdict)
        {
            return effect([&](auto& e) { e.callback = std::move(verdict); });
        }

        /// How many requests the rule has hit.
        std::uint64_t fired() const
        {
            std::lock_guard const lock(state_->mutex);
            return entry_->fired;
        }

    private:
        friend class fault_plan;
        rule_handle(std::shared_ptr<state> s, std::shared_ptr<entry> e) : state_(std::move(s)), entry_(std::move(e)) {}

        template<class Change>
        rule_handle& change(Change c)
        {
            std::lock_guard const lock(state_->mutex);
            c(entry_->rule);
            return *this;
        }
        template<class Change>
        rule_handle& effect(Change c)
        {
            return change([&](fault_rule& r) { c(r.effects); });
        }

        std::shared_ptr<state> state_;
        std::shared_ptr<entry> entry_;
    };

    fault_plan() : state_(std::make_shared<state>()) {}

    /// A new rule for one operation. It does nothing until the handle says what.
    rule_handle on(operation o)
    {
        fault_rule r;
        r.on = o;
        return add(std::move(r));
    }
    /// A new rule for every operation.
    rule_handle on_any() { return add(fault_rule()); }
    rule_handle add(fault_rule r)
    {
        auto e = std::make_shared<entry>();
        e->rule = std::move(r);
        std::lock_guard const lock(state_->mutex);
        state_->entries.push_back(e);
        return rule_handle(state_, std::move(e));
    }

    /// Starts chance anew.
    void seed(std::uint64_t s)
    {
        std::lock_guard const lock(state_->mutex);
        state_->random = s;
    }
    void clear()
    {
        std::lock_guard const lock(state_->mutex);
        state_->entries.clear();
    }
    bool empty() const
    {
        std::lock_guard const lock(state_->mutex);
        return state_->entries.empty();
    }

    /// What happens to this request. Counts it.
    fault_effects decide(fault_facts const& facts);

    /// The error with which the service says that it cannot.
    static service_error service_failure(unsigned status, std::string code)
    {
        if (code.empty())
            code = status == 503   ? "ServiceUnavailable"
                   : status >= 500 ? "InternalError"
                   : status == 404 ? "NoSuchKey"
                   : status == 403 ? "AccessDenied"
                                   : "BadRequest";
        char const* const message = status == 503   ? "Please reduce your request rate."
                                    : status >= 500 ? "We encountered an internal error. Please try again."
                                                    : "The emulator was told to answer this.";
        return service_error(status, std::move(code), message);
    }

private:
    static void merge(fault_effects& to, fault_effects const& from)
    {
        to.clock_offset += from.clock_offset;
        to.delay += from.delay;
        if (!to.error && from.error) {
            to.error = from.error;
            to.qos_delay = from.qos_delay;
        }
        if (from.reset_after && (!to.reset_after || *from.reset_after < *to.reset_after))
            to.reset_after = from.reset_after;
        if (from.bandwidth != 0)
            to.bandwidth = from.bandwidth;
        if (!to.callback)
            to.callback = from.callback;
        to.lose_answer |= from.lose_answer;
        to.wrong_crc |= from.wrong_crc;
        to.wrong_etag |= from.wrong_etag;
        to.truncate |= from.truncate;
        to.malform |= from.malform;
        if (from.slow_headers.count() != 0)
            to.slow_headers = from.slow_headers;
    }

    // splitmix64: small, and the same everywhere
    static std::uint64_t draw(std::uint64_t& x) noexcept
    {
        std::uint64_t z = (x += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    std::shared_ptr<state> state_;
};

inline fault_effects fault_plan::decide(fault_facts const& facts)
{
    fault_effects out;
    std::lock_guard const lock(state_->mutex);
    for (auto const& e : state_->entries) {
        fault_rule const& r = e->rule;
        if ((r.on && *r.on != facts.operation) || (r.part && *r.part != facts.part))
            continue;
        ++e->fitted;
        if (e->fired >= r.times || (r.nth != 0 && e->fitted != r.nth))
            continue;
        if (r.probability < 1) {
            double const drawn = static_cast<double>(draw(state_->random) >> 11) * 0x1p-53;
            if (drawn >= r.probability)
                continue;
        }
        ++e->fired;
        merge(out, r.effects);
        if (r.reset_anywhere) {
            fault_effects broken;
            broken.reset_after = facts.body_bytes == 0 ? 0 : draw(state_->random) % facts.body_bytes;
            merge(out, broken);
        }
    }
    return out;
}

}  // namespace ossify::emulation

#endif
