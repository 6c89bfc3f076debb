#ifndef OSSIFY_RECEIVER_RECEIVER_CONFIG_HPP
#define OSSIFY_RECEIVER_RECEIVER_CONFIG_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/receiver/key_cache_limits.hpp>
#include <ossify/receiver/received_callback.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ossify {

/// Asked with a text that stands for one callback, the same whenever that is sent again. Returns: whether it is new.
/// The text follows from what is signed alone, so two uploads with equal bodies share it: have `${reqId}` in the body.
/// Its time counts for `receiver_config::answer_within`; a server cancels it then.
using replay_check = std::function<awaitable<bool>(std::string callback_id)>;

/// Whom a receiver believes, and how it answers. Setters chain. The defaults believe the service.
class receiver_config {
public:
    receiver_config() = default;

    /// Also believes callbacks that are signed with the key at this URL, which is fetched: for an emulator.
    receiver_config& trust_key_url(std::string url)
    {
        key_urls_.emplace_back(std::move(url), std::nullopt);
        return *this;
    }
    /// The same with the key given, which saves the fetch.
    receiver_config& trust_key(std::string url, codec::public_key key)
    {
        key_urls_.emplace_back(std::move(url), std::move(key));
        return *this;
    }
    /// Leaves out the copy of the service's key that comes with this library: without a fetch nothing is believed.
    receiver_config& without_pinned_key() { return set(pins_, false); }
    receiver_config& key_limits(key_cache_limits limits) { return set(key_limits_, limits); }

    /// What a proxy takes off the front of the path before the request arrives here, as it stands in the public URL.
    receiver_config& public_base_path(std::string path) { return set(base_path_, std::move(path)); }
    /// Refuses callbacks that were seen before.
    receiver_config& replay_guard(replay_check check) { return set(replay_guard_, std::move(check)); }

    /// The longest body that is read, in bytes. A template has 5 KB at the most. Default: 256 KiB.
    receiver_config& max_body(std::size_t bytes) { return set(max_body_, bytes); }
    /// The memory, in bytes, that all bodies at hand may take up beyond the first 16 KiB of each; who comes when it is
    /// used up gets 503. Bodies are that long when variables have long values and the template repeats them. Default:
    /// 8 MiB.
    receiver_config& body_memory(std::size_t bytes) { return set(body_memory_, bytes); }
    /// How long a callback may take from its head to its answer. The service waits 5 s, then it says that the callback
    /// failed, whatever the answer. Default: 4.5 s.
    receiver_config& answer_within(std::chrono::milliseconds limit) { return set(answer_within_, limit); }

    /// Called once for each callback, before its answer is sent; it must not throw.
    receiver_config& log(std::function<void(callback_log_entry const&)> hook) { return set(log_, std::move(hook)); }
    /// The wall clock that proofs expire by; for tests. Default: the system's.
    receiver_config& wall_clock(std::function<codec::wall_time()> now) { return set(wall_clock_, std::move(now)); }

    std::vector<std::pair<std::string, std::optional<codec::public_key>>> const& key_urls() const noexcept
    {
        return key_urls_;
    }
    bool pins() const noexcept { return pins_; }
    key_cache_limits const& key_limits() const noexcept { return key_limits_; }
    std::string const& base_path() const noexcept { return base_path_; }
    replay_check const& replay_guard() const noexcept { return replay_guard_; }
    std::size_t max_body() const noexcept { return max_body_; }
    std::size_t body_memory() const noexcept { return body_memory_; }
    std::chrono::milliseconds answer_within() const noexcept { return answer_within_; }
    std::function<void(callback_log_entry const&)> const& log() const noexcept { return log_; }
    codec::wall_time now() const
    {
        return wall_clock_ ? wall_clock_() : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

private:
    template<class Member, class Value>
    receiver_config& set(Member& member, Value&& value)
    {
        member = std::forward<Value>(value);
        return *this;
    }

    std::vector<std::pair<std::string, std::optional<codec::public_key>>> key_urls_;
    bool pins_ = true;
    key_cache_limits key_limits_;
    std::string base_path_;
    replay_check replay_guard_;
    std::size_t max_body_ = 256 * 1024;
    std::size_t body_memory_ = 8 * 1024 * 1024;
    std::chrono::milliseconds answer_within_{4'500};
    std::function<void(callback_log_entry const&)> log_;
    std::function<codec::wall_time()> wall_clock_;
};

}  // namespace ossify

#endif
