#ifndef OSSIFY_RECEIVER_CALLBACK_RECEIVER_HPP
#define OSSIFY_RECEIVER_CALLBACK_RECEIVER_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/callback/message.hpp>
#include <ossify/callback/signature.hpp>
#include <ossify/callback/verifier.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/core/result.hpp>
#include <ossify/receiver/callback_headers.hpp>
#include <ossify/receiver/key_cache.hpp>
#include <ossify/receiver/receiver_config.hpp>
#include <ossify/transport/net_stream.hpp>

#include <asio/any_io_executor.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ossify {

namespace detail {

template<class T>
struct event_of {
    using type = typename T::event_type;
};
template<codec::described T>
struct event_of<T> {
    using type = T;
};

}  // namespace detail

/// The struct that a callback is decoded into: a contract's, or a described struct itself.
template<class T>
using event_of = typename detail::event_of<T>::type;

/// Verifies and decodes callbacks inside any HTTP server. Read `callback_verifier` on what the signature is worth.
/// Thread safety: a monitor.
template<transport Transport>
class basic_callback_receiver {
public:
    /// Keys are fetched on `ex`, which must not run two handlers at once. Errors: throws `ossify::error` for a key URL that
    /// is none.
    explicit basic_callback_receiver(asio::any_io_executor ex, receiver_config config = {}, Transport over = {})
        : config_(std::move(config)), keys_(std::move(ex), std::move(over), config_.key_limits())
    {
        verifier_.public_base_path(config_.base_path());
        if (config_.pins())
            keys_.pin(std::string(callback_key_url), codec::public_key::from_pem(callback_key_pem).value());
        else
            keys_.expect(std::string(callback_key_url));
        for (auto const& [url, key] : config_.key_urls()) {
            if (auto const parsed = codec::parse_url(url); !key && !parsed)
                throw error(failure(errc::invalid_config, "the key URL \"" + url + "\": " + parsed.error().message()));
            verifier_.trust_key_url(url);
            if (key)
                keys_.pin(url, *key);
            else
                keys_.expect(url);
        }
    }

    /// Checks who sent a callback request. A genuine one that is signed with a key at hand is seen as such at once;
    /// for any other the key is fetched, at most once in a while.
    /// `target` and `body` must be what came over the wire, byte for byte.
    /// Errors: callback_unverified says why; key_unavailable; callback_replayed when the replay guard knows it.
    /// Lifetime: `target` and `body` must live until the await returns. Cancellation: terminal.
    awaitable<result<void>> verify(std::string_view target, callback_headers headers, std::string_view body);

    /// Checks a callback request and decodes its body into the struct of a contract, or into a described struct.
    /// Errors: as `verify`; malformed_callback when the body does not fit. Answer with `refusal_status`.
    /// Lifetime: `target` must live until the await returns. Cancellation: terminal.
    template<class Contract>
    awaitable<result<callback_event<event_of<Contract>>>> receive(std::string_view target, callback_headers headers,
                                                                  std::string body)
    {
        std::string const content_type = headers.content_type;
        auto const verified = co_await verify(target, std::move(headers), body);
        if (!verified)
            co_return verified.error();
        co_return decode_callback<event_of<Contract>>(content_type, std::move(body));
    }

    /// How many key fetches were begun.
    std::size_t key_fetches() const { return keys_.fetches(); }

private:
    result<std::string> find_key_url(std::string_view header) const;
    awaitable<result<void>> judge(std::string_view target, std::string_view authorization, std::string_view body,
                                  std::string key_url);

    receiver_config config_;
    callback_verifier verifier_;
    key_cache<Transport> keys_;
};

using callback_receiver = basic_callback_receiver<net_transport>;

/// The status to answer a callback request with that was refused for this reason.
inline unsigned refusal_status(failure const& why)
{
    if (why == errc::callback_unverified || why == errc::key_unavailable)
        return 403;
    if (why == errc::callback_replayed)
        return 409;
    if (why == errc::body_too_large)
        return 413;
    if (why == errc::stall_timeout)
        return 408;
    if (why == errc::throttled)
        return 503;
    return 400;
}

template<transport Transport>
awaitable<result<void>> basic_callback_receiver<Transport>::verify(std::string_view target, callback_headers headers,
                                                                   std::string_view body)
{
    if (headers.authorization.empty())
        co_return to_failure(callback_verdict::no_signature);
    auto key_url = find_key_url(headers.key_url);
    if (!key_url)
        co_return key_url.error();
    auto const judged = co_await judge(target, headers.authorization, body, *std::move(key_url));
    if (!judged)
        co_return judged;
    if (config_.replay_guard()) {
        // Of what is signed: headers can be changed by whoever sends a callback again.
        auto const text = callback_string_to_sign(target, body, config_.base_path());
        bool const is_new = co_await config_.replay_guard()(codec::sha256_hex(text.value()));
        if (!is_new)
            co_return failure(errc::callback_replayed, "the same text was verified before");
    }
    co_return result<void>();
}

template<transport Transport>
result<std::string> basic_callback_receiver<Transport>::find_key_url(std::string_view header) const
{
    auto url = verifier_.key_url(header);
    if (!url || !url->starts_with("http://"))
        return url;
    for (auto const& named : config_.key_urls())
        if (named.first == *url)
            return url;
    // The service offers its key over http as well, but there anyone on the way could replace it.
    return "https" + url->substr(4);
}

template<transport Transport>
awaitable<result<void>> basic_callback_receiver<Transport>::judge(std::string_view target,
                                                                  std::string_view authorization,
                                                                  std::string_view body, std::string key_url)
{
    auto verdict = callback_verdict::wrong_signature;
    shared_public_key const at_hand = keys_.find(key_url);
    if (at_hand)
        verdict = verifier_.verify(target, authorization, body, *at_hand);
    if (verdict == callback_verdict::wrong_signature) {
        auto const current = co_await keys_.get(key_url, at_hand);
        if (!current)
            co_return current.error();
        if (*current != at_hand)
            verdict = verifier_.verify(target, authorization, body, **current);
    }
    if (verdict == callback_verdict::genuine)
        co_return result<void>();
    failure why = to_failure(verdict);
    if (auto const none = keys_.last_failure(key_url); none && verdict == callback_verdict::wrong_signature)
        why.edit().message += "; or there is a newer key, which could not be had: " + to_string(*none);
    co_return why;
}

}  // namespace ossify

#endif
