#ifndef OSSIFY_RECEIVER_FETCH_KEY_HPP
#define OSSIFY_RECEIVER_FETCH_KEY_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/session/buffer_pool.hpp>
#include <ossify/session/connection.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/transport/stream.hpp>
#include <ossify/version.hpp>

#include <asio/this_coro.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace ossify {

/// A key that several callers hold at once.
using shared_public_key = std::shared_ptr<codec::public_key const>;

namespace detail {

inline constexpr std::size_t longest_key_answer = 16 * 1024;

inline failure no_key(std::string const& url, std::string const& why)
{
    return failure(errc::key_unavailable, "the key at " + url + ": " + why);
}

/// Fetches a public key: one request on a connection of its own.
/// Errors: key_unavailable, also for a redirect, which is not followed: the key is only worth as much as its place.
/// Cancellation: terminal.
template<transport Transport>
awaitable<result<shared_public_key>> fetch_key(Transport over,
                                               std::shared_ptr<watchdog<typename Transport::clock_type>> dog,
                                               std::string url, std::chrono::milliseconds limit)
{
    using clock = typename Transport::clock_type;
    auto const parsed = codec::parse_url(url);
    if (!parsed)
        co_return no_key(url, parsed.error().message());
    http::request_head head(http::method::get, parsed->path_and_query);
    head.headers.set("Host", parsed->host_header());
    head.headers.set("User-Agent", "ossify/" OSSIFY_VERSION_STRING);
    head.headers.set("Accept", "*/*");
    head.headers.set("Connection", "close");
    std::string bytes;
    http::write_head(bytes, head);

    auto const ex = co_await asio::this_coro::executor;
    peer to(parsed->host, parsed->effective_port(), parsed->is_https());
    timeouts within;
    within.connect = within.handshake = within.stall = within.answer = limit;
    connection<Transport> line(over, ex, std::move(dog), std::move(to));
    auto const now = clock::now();
    line.begin_use(ex, within, now + limit, now);
    auto opened = co_await line.open();
    if (!opened)
        co_return no_key(url, to_string(opened.error()));

    content const nothing;
    buffer_pool unused(1);
    exchange_state request;
    request.head = bytes;
    request.sends = &nothing;
    request.answer_limit = longest_key_answer;
    auto answered = co_await line.exchange(request, unused);
    line.end_use(clock::now());
    line.close();
    if (!answered)
        co_return no_key(url, to_string(answered.error()));
    unsigned const status = answered->head.status;
    if (status >= 300 && status < 400)
        co_return no_key(url, "a redirect, which is not followed (HTTP " + std::to_string(status) + ")");
    if (status != 200)
        co_return no_key(url, "HTTP " + std::to_string(status));
    auto key = codec::public_key::from_pem(answered->body);
    if (!key)
        co_return no_key(url, key.error().message());
    co_return std::make_shared<codec::public_key const>(*std::move(key));
}

}  // namespace detail

}  // namespace ossify

#endif
