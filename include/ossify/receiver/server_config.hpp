#ifndef OSSIFY_RECEIVER_SERVER_CONFIG_HPP
#define OSSIFY_RECEIVER_SERVER_CONFIG_HPP

#include <ossify/receiver/receiver_config.hpp>
#include <ossify/server/http_server.hpp>
#include <ossify/server/limits.hpp>
#include <ossify/transport/tls.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ossify {

/// Where a callback server listens, whom it believes and how it answers. Setters chain.
class server_config {
public:
    server_config() = default;

    /// `host` is an IP address or a name; port 0 takes a free one. Default: 127.0.0.1 and a free port.
    server_config& listen(std::string host, std::uint16_t port)
    {
        http_.listen(std::move(host), port);
        return *this;
    }
    /// Speaks TLS. Callbacks should: their signature does not hide them.
    server_config& tls(tls_context context)
    {
        http_.tls(std::move(context));
        return *this;
    }
    /// What clients may take up; default: `callback_limits()`.
    server_config& limits(http_limits const& limits)
    {
        http_.limits(limits);
        return *this;
    }

    /// Whom to believe and how to answer; replaces what the setters below have set.
    server_config& receiver(receiver_config config)
    {
        receiver_ = std::move(config);
        return *this;
    }
    /// As the setters of `receiver_config`.
    server_config& trust_key_url(std::string url)
    {
        receiver_.trust_key_url(std::move(url));
        return *this;
    }
    server_config& public_base_path(std::string path)
    {
        receiver_.public_base_path(std::move(path));
        return *this;
    }
    server_config& log(std::function<void(callback_log_entry const&)> hook)
    {
        receiver_.log(std::move(hook));
        return *this;
    }

    http_server_config const& http() const noexcept { return http_; }
    receiver_config const& receiver() const noexcept { return receiver_; }

    /// Limits for small requests that are answered within seconds, over many connections.
    static http_limits callback_limits()
    {
        http_limits out;
        out.header_bytes = 16 * 1024;
        out.read_bytes = 4 * 1024;
        out.head = std::chrono::seconds(5);
        out.stall = std::chrono::seconds(5);
        out.linger = std::chrono::seconds(1);
        out.drain_bytes = 64 * 1024;
        out.linger_bytes = 1024 * 1024;
        return out;
    }

private:
    http_server_config http_ = http_server_config().limits(callback_limits());
    receiver_config receiver_;
};

}  // namespace ossify

#endif
