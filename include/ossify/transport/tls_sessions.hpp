#ifndef OSSIFY_TRANSPORT_TLS_SESSIONS_HPP
#define OSSIFY_TRANSPORT_TLS_SESSIONS_HPP

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::detail {

struct free_session {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using session_handle = std::unique_ptr<SSL_SESSION, free_session>;

/// The newest TLS session with each host, from which further connections go on: one round trip less with TLS 1.2, no
/// certificates and no signature with any. What was checked of the host's certificate holds for them too.
/// Thread safety: a monitor.
class tls_sessions {
public:
    /// Keeps `most` sessions.
    explicit tls_sessions(std::size_t most = 64) : most_(most) {}

    void keep(std::string const& host, session_handle session)
    {
        std::lock_guard const lock(mutex_);
        if (newest_.size() >= most_ && newest_.find(host) == newest_.end())
            newest_.erase(newest_.begin());
        newest_[host] = std::move(session);
    }

    /// Returns: a session to offer the host, or none.
    session_handle find(std::string_view host)
    {
        std::lock_guard const lock(mutex_);
        auto const at = newest_.find(host);
        if (at == newest_.end())
            return nullptr;
        if (SSL_SESSION_is_resumable(at->second.get()) != 1) {
            newest_.erase(at);
            return nullptr;
        }
        SSL_SESSION_up_ref(at->second.get());
        return session_handle(at->second.get());
    }

    /// No session with this host is offered again until there is a new one.
    void forget(std::string_view host)
    {
        std::lock_guard const lock(mutex_);
        if (auto const at = newest_.find(host); at != newest_.end())
            newest_.erase(at);
    }

    std::size_t size() const
    {
        std::lock_guard const lock(mutex_);
        return newest_.size();
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, session_handle, std::less<>> newest_;
    std::size_t most_;
};

}  // namespace ossify::detail

#endif
