#ifndef OSSIFY_SESSION_CONFIG_HPP
#define OSSIFY_SESSION_CONFIG_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/core/result.hpp>
#include <ossify/retry/retry_policy.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/transport/tls.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace ossify {

/// A request is about to be sent again.
class retry_event {
public:
    retry_event(failure const& because, unsigned next, std::chrono::milliseconds wait)
        : why(because), attempt(next), delay(wait)
    {
    }

    failure const& why;               ///< what became of the attempt before
    unsigned attempt;                 ///< the one that begins now: 2, 3, ...
    std::chrono::milliseconds delay;  ///< until it begins
};

/// Where and how a client works. Every setter returns the config, so that they chain.
/// Thread safety: a value.
class config {
public:
    config() = default;

    /// `[http[s]://]host[:port]`; without a scheme https. Required.
    config& endpoint(std::string text) { return set(endpoint_, std::move(text)); }
    /// The region id, "cn-hangzhou". Derived from the endpoint when that names one.
    config& region(std::string id) { return set(region_, std::move(id)); }
    /// Where the bucket stands in the address. Default: path style for IP addresses and localhost, else in the host.
    config& style(url_style s) { return set(style_, s); }
    /// The endpoint for those whom this client signs for, when it is not the one that the client itself uses: an
    /// internal endpoint is of no use to them. Default: `endpoint`.
    config& public_endpoint(std::string text, url_style s = url_style::automatic)
    {
        public_style_ = s;
        return set(public_endpoint_, std::move(text));
    }
    /// Default: version 4.
    config& signature(signature_version v) { return set(signature_, v); }

    /// Fixed credentials. Without any, requests are anonymous.
    config& credentials(ossify::credentials c)
    {
        credentials_ = std::move(c);
        return *this;
    }
    /// As above; a failure comes out when the client is made.
    config& credentials(result<ossify::credentials> c)
    {
        credentials_ = std::move(c);
        return *this;
    }
    /// Asked before every attempt; it should cache what it gives. It may be called from several operations at once, on
    /// the executor of each. A failure that `condition::retryable` holds for counts as an attempt that failed.
    config& credentials(std::function<awaitable<result<ossify::credentials>>()> provider)
    {
        return set(provider_, std::move(provider));
    }

    config& limits(timeouts t) { return set(limits_, t); }
    config& retry(retry_policy p) { return set(retry_, p); }
    /// How many retries may be under way before failures must have been outweighed by successes; default 100.
    config& retry_tokens(double n) { return set(retry_tokens_, n); }
    /// Called on the operation's executor before each retry waits; it must not throw.
    config& on_retry(std::function<void(retry_event const&)> hook) { return set(on_retry_, std::move(hook)); }

    /// Connections in use at one time; more operations wait for their turn. 0: any number. Default 0.
    config& max_connections(std::size_t n) { return set(max_connections_, n); }
    /// The most memory, in bytes, that all uploads in parts of the client together hold for bodies. Default 256 MiB. A put
    /// of a file holds 256 KiB beside that while it is sent; `max_connections` bounds how many are.
    config& upload_memory(std::uint64_t bytes) { return set(upload_memory_, bytes); }
    /// A connection that has been idle for longer than `age` is not used again; default 30 s. Within another quarter of
    /// `age` it is closed, by whatever request of the client begins or ends then, to any host. No timer does it, which
    /// would keep `io_context::run` from returning: without a request, idle connections stay open, until the next one or
    /// the client's end. One that would be idle beside `most` others, over all hosts, is closed at once; default 1,024.
    config& idle_limit(std::chrono::milliseconds age, std::size_t most = idle_limits().connections)
    {
        return set(idle_limit_, idle_limits(age, most));
    }

    /// TLS settings; default: the system's authorities. For one CA file: `tls_context::client_trusting(path).value()`.
    config& tls(tls_context context) { return set(tls_, std::move(context)); }

    config& user_agent(std::string text) { return set(user_agent_, std::move(text)); }
    /// The wall clock from which dates are signed; for tests. Default: the system's.
    config& wall_clock(std::function<codec::wall_time()> now) { return set(wall_clock_, std::move(now)); }
    /// Makes the jitter of retries repeatable; for tests.
    config& seed(std::uint64_t s) { return set(seed_, s); }

    std::string const& endpoint() const noexcept { return endpoint_; }
    std::string const& region() const noexcept { return region_; }
    url_style style() const noexcept { return style_; }
    std::string const& public_endpoint() const noexcept { return public_endpoint_; }
    url_style public_style() const noexcept { return public_style_; }
    signature_version signature() const noexcept { return signature_; }
    result<ossify::credentials> const& credentials() const noexcept { return credentials_; }
    std::function<awaitable<result<ossify::credentials>>()> const& provider() const noexcept { return provider_; }
    timeouts const& limits() const noexcept { return limits_; }
    retry_policy const& retry() const noexcept { return retry_; }
    double retry_tokens() const noexcept { return retry_tokens_; }
    std::function<void(retry_event const&)> const& on_retry() const noexcept { return on_retry_; }
    std::size_t max_connections() const noexcept { return max_connections_; }
    std::uint64_t upload_memory() const noexcept { return upload_memory_; }
    idle_limits const& idle_limit() const noexcept { return idle_limit_; }
    std::optional<tls_context> const& tls() const noexcept { return tls_; }
    std::string const& user_agent() const noexcept { return user_agent_; }
    std::function<codec::wall_time()> const& wall_clock() const noexcept { return wall_clock_; }
    std::optional<std::uint64_t> seed() const noexcept { return seed_; }

private:
    template<class Member, class Value>
    config& set(Member& member, Value&& value)
    {
        member = std::forward<Value>(value);
        return *this;
    }

    std::string endpoint_;
    std::string region_;
    url_style style_ = url_style::automatic;
    std::string public_endpoint_;
    url_style public_style_ = url_style::automatic;
    signature_version signature_ = signature_version::v4;
    result<ossify::credentials> credentials_{ossify::credentials()};
    std::function<awaitable<result<ossify::credentials>>()> provider_;
    timeouts limits_;
    retry_policy retry_;
    double retry_tokens_ = 100;
    std::function<void(retry_event const&)> on_retry_;
    std::size_t max_connections_ = 0;
    std::uint64_t upload_memory_ = 256ULL * 1024 * 1024;
    idle_limits idle_limit_;
    std::optional<tls_context> tls_;
    std::string user_agent_;
    std::function<codec::wall_time()> wall_clock_;
    std::optional<std::uint64_t> seed_;
};

}  // namespace ossify

#endif
