#ifndef OSSIFY_MULTIPART_UPLOAD_STATE_HPP
#define OSSIFY_MULTIPART_UPLOAD_STATE_HPP

#include <ossify/codec/crc64.hpp>
#include <ossify/multipart/parallel_limit.hpp>
#include <ossify/multipart/part_plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace ossify {

/// What the workers of one multipart upload share: which part comes next, which are stored, how many may be under way,
/// and whether all must stop.
/// Thread safety: a monitor.
class upload_state {
public:
    enum class step {
        send,      ///< take the part that comes along
        wait,      ///< as many parts are under way as allowed; ask again when something has changed
        finished,  ///< nothing is left to be begun
    };

    /// What a worker is to do now.
    struct task {
        step what = step::finished;
        part_span span{};  ///< offset and bytes of a stream's part are found out by reading
    };

    /// An object of known length.
    upload_state(part_plan plan, parallel_limit limit)
        : plan_(plan), limit_(limit), stored_(plan.parts())
    {
    }
    /// A stream. Its parts are begun one after the other until `end_of_stream`.
    upload_state(growing_plan plan, parallel_limit limit) : plan_(plan), limit_(limit) {}

    /// Takes over a part that the service has already. Returns: false when it does not belong to the plan.
    bool adopt(part const& p)
    {
        std::lock_guard const lock(mutex_);
        auto const* plan = std::get_if<part_plan>(&plan_);
        if (plan == nullptr || p.number < 1 || p.number > plan->parts() || stored_[p.number - 1] ||
            p.bytes != plan->span(p.number).bytes)
            return false;
        keep(p);
        return true;
    }

    /// Takes the next part and a place among those under way.
    task next()
    {
        std::lock_guard const lock(mutex_);
        if (stopped_)
            return {};
        while (next_ <= last_number() && is_stored(next_))
            ++next_;
        if (next_ > last_number())
            return {};
        if (under_way_ >= limit_.value())
            return {step::wait, {}};
        ++under_way_;
        unsigned const number = next_++;
        auto const* plan = std::get_if<part_plan>(&plan_);
        part_span const span = plan != nullptr
                                   ? plan->span(number)
                                   : part_span{number, 0, std::get<growing_plan>(plan_).part_bytes(number)};
        return {step::send, span};
    }

    /// The service has the part.
    void stored(part const& p)
    {
        std::lock_guard const lock(mutex_);
        --under_way_;
        limit_.on_success();
        keep(p);
    }

    /// The part that was taken last comes to nothing, because the stream ended before it: its place is free again.
    void given_back()
    {
        std::lock_guard const lock(mutex_);
        --under_way_;
        --next_;
    }

    /// The stream is at its end: no part is begun after those that were.
    void end_of_stream()
    {
        std::lock_guard const lock(mutex_);
        ended_ = true;
    }

    /// No part is begun any more.
    void stop()
    {
        std::lock_guard const lock(mutex_);
        stopped_ = true;
    }
    bool stopped() const
    {
        std::lock_guard const lock(mutex_);
        return stopped_;
    }

    /// The service refused a request that began at `era` of the limit.
    void throttled(std::uint64_t era)
    {
        std::lock_guard const lock(mutex_);
        limit_.on_throttled(era);
    }

    /// The parts that the service has, in order of their numbers.
    std::vector<part> parts() const
    {
        std::lock_guard const lock(mutex_);
        std::vector<part> out;
        out.reserve(stored_count_);
        for (auto const& p : stored_)
            if (p)
                out.push_back(*p);
        return out;
    }

    /// Whether the service has every part of the object; of a stream, only once it has ended.
    bool complete() const
    {
        std::lock_guard const lock(mutex_);
        auto const* plan = std::get_if<part_plan>(&plan_);
        return plan != nullptr ? stored_count_ == plan->parts() : ended_ && stored_count_ == next_ - 1;
    }

    std::size_t stored_count() const
    {
        std::lock_guard const lock(mutex_);
        return stored_count_;
    }

    parallel_limit limit() const
    {
        std::lock_guard const lock(mutex_);
        return limit_;
    }

private:
    unsigned last_number() const noexcept
    {
        if (ended_)
            return next_ - 1;
        auto const* plan = std::get_if<part_plan>(&plan_);
        return plan != nullptr ? plan->parts() : max_part_number;
    }

    bool is_stored(unsigned number) const noexcept { return number <= stored_.size() && stored_[number - 1]; }

    void keep(part const& p)
    {
        if (p.number > stored_.size())
            stored_.resize(p.number);
        stored_count_ += !stored_[p.number - 1];
        stored_[p.number - 1] = p;
    }

    mutable std::mutex mutex_;
    std::variant<part_plan, growing_plan> plan_;
    parallel_limit limit_;
    std::vector<std::optional<part>> stored_;  // by number - 1
    std::size_t stored_count_ = 0;
    unsigned next_ = 1;
    unsigned under_way_ = 0;
    bool ended_ = false;
    bool stopped_ = false;
};

}  // namespace ossify

#endif
