#ifndef OSSIFY_SESSION_POSSIBLE_EFFECT_HPP
#define OSSIFY_SESSION_POSSIBLE_EFFECT_HPP

#include <algorithm>

namespace ossify {

/// What a request that changes something may have done at the service, over all its attempts. The session notes how each
/// attempt ended; who asks for the object afterwards notes what was found.
class possible_effect {
public:
    possible_effect() = default;

    /// An attempt was answered in a way that does not tell. What it does, it has done by now.
    void answered_unclearly() noexcept { may_have(step::done); }
    /// An attempt was sent to its end, and its answer lost. What it does will show in a moment.
    void lost() noexcept { may_have(step::ending); }
    /// An attempt was sent to its end, and not waited for: the service may be at work on it for long.
    void not_awaited() noexcept { may_have(step::at_work); }
    /// It was looked for, `a_moment_later` than it failed or sooner, and there is nothing of it.
    void found_nothing(bool a_moment_later) noexcept
    {
        if (now_ == step::done || (now_ == step::ending && a_moment_later))
            now_ = step::none;
    }
    /// It is known what the request has done.
    void settle() noexcept { now_ = step::none; }

    /// The request may have been acted upon, or may be yet.
    bool possible() const noexcept { return now_ != step::none; }
    /// An answer is missing.
    bool unanswered() const noexcept { return now_ >= step::ending; }
    /// At some time it may have been acted upon. So what stands in the way now may be its own effect.
    bool was_possible() const noexcept { return ever_; }

private:
    enum class step { none, done, ending, at_work };

    void may_have(step s) noexcept
    {
        now_ = std::max(now_, s);
        ever_ = true;
    }

    step now_ = step::none;
    bool ever_ = false;
};

}  // namespace ossify

#endif
