#include <ossify/receiver/key_cache.hpp>

#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "printers.hpp"
#include "run.hpp"
#include "signed_callback.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

using namespace ossify;
using namespace std::chrono_literals;
using testing::http_reply;
using testing::manual_clock;
using testing::memory_transport;
using testing::received_request;
using testing::scripted_reply;
using tests::signed_callback;
using memory_key_cache = key_cache<memory_transport>;

namespace {

std::string const key_url = "http://keys.test/key.pem";

std::string other_pem()
{
    static std::string const pem = codec::private_key::generate_rsa(512)->public_pem();
    return pem;
}

/// A key server whose answer can change, and a cache that asks it.
class cached {
public:
    explicit cached(key_cache_limits limits = {}, testing::fault plan = {}) : net(std::move(plan))
    {
        net.on_request([this](received_request const&) { return answer; });
        keys.emplace(io.get_executor(), net, limits);
    }

    result<shared_public_key> get(std::string const& url = key_url) { return tests::run(io, keys->get(url)); }
    /// As a receiver does with a signature that the key at hand does not fit.
    result<shared_public_key> get_another() { return tests::run(io, keys->get(key_url, keys->find(key_url))); }

    asio::io_context io;
    memory_transport net;
    scripted_reply answer = scripted_reply(http_reply(200, signed_callback::key().public_pem()));
    std::optional<memory_key_cache> keys;
};

std::string fingerprint(result<shared_public_key> const& key)
{
    return key ? (*key)->fingerprint_sha256_hex() : to_string(key.error());
}

std::string const right_key = signed_callback::public_key().fingerprint_sha256_hex();

}  // namespace

TEST_CASE("a key is fetched once and kept")
{
    cached c;
    auto const first = c.get();
    auto const second = c.get();
    CHECK(fingerprint(first) == right_key);
    CHECK(fingerprint(second) == right_key);
    CHECK(c.keys->find(key_url) == *first);
    REQUIRE(c.net.requests().size() == 1);
    auto const& asked = c.net.requests().front().head;
    CHECK(asked.target == "/key.pem");
    CHECK(asked.headers.get("Host") == "keys.test");
    CHECK(c.net.open_connections() == 0);
}

TEST_CASE("a key is fetched again when its life is over")
{
    cached c;
    (void)c.get();
    manual_clock::advance(24h + 1s);
    CHECK(c.keys->find(key_url) == nullptr);
    auto const again = c.get();
    CHECK(fingerprint(again) == right_key);
    CHECK(c.keys->fetches() == 2);
}

TEST_CASE("who asks at the same time shares one fetch")
{
    cached c;
    int served = 0;
    auto const count = [&](std::exception_ptr, result<shared_public_key> key) { served += key ? 1 : 0; };
    for (int i = 0; i != 50; ++i)
        asio::co_spawn(c.io, c.keys->get(key_url), count);
    testing::run_in_virtual_time(c.io);
    CHECK(served == 50);
    CHECK(c.net.requests().size() == 1);
}

TEST_CASE("a key that could not be had is not asked for again at once")
{
    cached c;
    c.answer = scripted_reply(http_reply(404));
    auto const first = c.get();
    c.answer = scripted_reply(http_reply(200, signed_callback::key().public_pem()));
    auto const second = c.get();
    manual_clock::advance(31s);
    auto const third = c.get();
    CHECK(first.error() == errc::key_unavailable);
    CHECK(second.error() == errc::key_unavailable);
    CHECK(fingerprint(third) == right_key);
    CHECK(c.keys->fetches() == 2);
}

TEST_CASE("a pinned key is there without a fetch")
{
    cached c;
    c.keys->pin(key_url, signed_callback::public_key());
    REQUIRE(c.keys->find(key_url) != nullptr);
    CHECK(c.keys->find(key_url)->fingerprint_sha256_hex() == right_key);
    CHECK(c.keys->fetches() == 0);
}

TEST_CASE("a pinned key is served when its fetch fails")
{
    cached c;
    c.keys->pin(key_url, signed_callback::public_key());
    c.answer = scripted_reply::lost();
    auto const key = c.get_another();
    CHECK(fingerprint(key) == right_key);
    CHECK(c.keys->fetches() == 1);
}

TEST_CASE("a fetched key takes the place of a pinned one, for good")
{
    cached c;
    c.keys->pin(key_url, signed_callback::public_key());
    c.answer = scripted_reply(http_reply(200, other_pem()));
    auto const fetched = c.get_another();
    manual_clock::advance(48h);
    c.answer = scripted_reply::lost();
    auto const later = c.get();
    CHECK(fingerprint(fetched) != right_key);
    CHECK(fingerprint(later) == fingerprint(fetched));
}

TEST_CASE("a key that is fetched in vain when its life is over is not used any more")
{
    cached c;
    (void)c.get();
    manual_clock::advance(25h);
    c.answer = scripted_reply::lost();
    auto const later = c.get();
    CHECK(later.error() == errc::key_unavailable);
}

TEST_CASE("a key that does not fit is fetched again, but not at once")
{
    cached c;
    auto const first = c.get();
    c.answer = scripted_reply(http_reply(200, other_pem()));
    manual_clock::advance(29s);
    auto const too_soon = c.get_another();
    manual_clock::advance(2s);
    auto const another = c.get_another();
    auto const at_hand = c.get();
    CHECK(fingerprint(first) == right_key);
    CHECK(fingerprint(too_soon) == right_key);
    CHECK(fingerprint(another) == codec::public_key::from_pem(other_pem())->fingerprint_sha256_hex());
    CHECK(fingerprint(at_hand) == fingerprint(another));
    CHECK(c.keys->fetches() == 2);
}

TEST_CASE("a signature that does not fit takes no key away, also where the fetch fails")
{
    cached c;
    (void)c.get();
    manual_clock::advance(1h);
    c.answer = scripted_reply::lost();
    auto const another = c.get_another();
    CHECK(fingerprint(another) == right_key);
    REQUIRE(c.keys->find(key_url) != nullptr);
    CHECK(c.keys->fetches() == 2);
}

TEST_CASE("who has a key that others already replaced gets the new one without a fetch")
{
    cached c;
    auto const first = c.get();
    manual_clock::advance(1min);
    c.answer = scripted_reply(http_reply(200, other_pem()));
    auto const another = c.get_another();
    auto const late = tests::run(c.io, c.keys->get(key_url, *first));
    CHECK(fingerprint(late) == fingerprint(another));
    CHECK(c.keys->fetches() == 2);
}

TEST_CASE("a key whose life is shorter than the pause between fetches is fetched when it is over")
{
    for (auto const life : {0ms, 10'000ms}) {
        key_cache_limits limits;
        limits.life = life;
        cached c(limits);
        auto const first = c.get();
        manual_clock::advance(11s);
        auto const second = c.get();
        CHECK(fingerprint(first) == right_key);
        CHECK(fingerprint(second) == right_key);
        CHECK(c.keys->fetches() == 2);
    }
}

TEST_CASE("a key at hand is not refused because no fetch is allowed any more")
{
    key_cache_limits limits;
    limits.strangers = 1;
    cached c(limits);
    (void)c.get();
    manual_clock::advance(31s);
    auto const another = c.get_another();
    CHECK(fingerprint(another) == right_key);
    CHECK(c.keys->fetches() == 1);
}

TEST_CASE("a redirect is not followed")
{
    for (unsigned const status : {301u, 302u, 303u, 307u, 308u}) {
        cached c;
        http::fields h;
        h.set("Location", "http://keys.test/other.pem");
        c.answer = scripted_reply(http_reply(status, {}, h));
        auto const key = c.get();
        CAPTURE(status);
        REQUIRE_FALSE(key);
        CHECK(key.error() == errc::key_unavailable);
        CHECK(key.error().message().find("redirect") != std::string::npos);
        CHECK(c.net.requests().size() == 1);
    }
}

TEST_CASE("an answer that holds no key is refused")
{
    for (std::string const& body : {std::string(), std::string("<html>"), std::string(64, '\0'),
                                    signed_callback::key().public_pem().substr(0, 60)}) {
        cached c;
        c.answer = scripted_reply(http_reply(200, body));
        auto const key = c.get();
        REQUIRE_FALSE(key);
        CHECK(key.error() == errc::key_unavailable);
    }
}

TEST_CASE("an answer without end is refused")
{
    cached c;
    c.answer = scripted_reply(http_reply(200, signed_callback::key().public_pem() + std::string(20'000, ' ')));
    auto const key = c.get();
    CHECK(key.error() == errc::key_unavailable);
}

TEST_CASE("a key server that says nothing is given up in time for the callback's answer")
{
    cached c;
    c.answer = scripted_reply::silence();
    auto const began = manual_clock::now();
    auto const key = c.get();
    CHECK(key.error() == errc::key_unavailable);
    CHECK(manual_clock::now() - began < 2100ms);
}

TEST_CASE("a fetch fails whole at whatever step the connection fails")
{
    auto const steps = testing::for_each_failure([](testing::fault plan) {
        cached c({}, plan);
        auto const key = c.get();
        CAPTURE(plan.steps());
        CHECK((fingerprint(key) == right_key || key.error() == errc::key_unavailable));
        CHECK(c.net.open_connections() == 0);
    });
    CHECK(steps > 3);
}

TEST_CASE("a key may arrive one byte at a time")
{
    cached c;
    c.net.chop(1, 1);
    auto const key = c.get();
    CHECK(fingerprint(key) == right_key);
}

TEST_CASE("who stops waiting does not take the key from the others")
{
    bool ended = false;
    for (std::size_t handlers = 0; !ended; ++handlers) {
        cached c;
        std::optional<result<shared_public_key>> other;
        auto const keep = [&](std::exception_ptr, result<shared_public_key> key) { other = std::move(key); };
        auto wait = c.keys->get(key_url);
        asio::co_spawn(c.io, c.keys->get(key_url), keep);
        auto const run = tests::run_and_cancel(c.io, std::move(wait), handlers);
        ended = !run.cancelled;
        CAPTURE(handlers);
        REQUIRE(other);
        CHECK(fingerprint(*other) == right_key);
        CHECK(c.net.requests().size() == 1);
    }
}

TEST_CASE("a cache that is destroyed ends its fetches, and who waits is told")
{
    cached c;
    c.answer = scripted_reply::silence();
    std::optional<result<shared_public_key>> got;
    auto const keep = [&](std::exception_ptr, result<shared_public_key> key) { got = std::move(key); };
    asio::co_spawn(c.io, c.keys->get(key_url), keep);
    c.io.poll();
    REQUIRE_FALSE(got);
    c.keys.reset();
    testing::run_in_virtual_time(c.io);
    REQUIRE(got);
    CHECK(got->error() == errc::key_unavailable);
    CHECK(c.net.open_connections() == 0);
}

TEST_CASE("URLs that nobody named are rationed")
{
    key_cache_limits limits;
    limits.strangers = 3;
    cached c(limits);
    c.keys->expect("http://keys.test/named");
    for (int i = 0; i != 10; ++i)
        (void)c.get("http://keys.test/" + std::to_string(i));
    CHECK(c.keys->fetches() == 3);
    auto const named = c.get("http://keys.test/named");
    auto const stranger = c.get("http://keys.test/11");
    manual_clock::advance(61s);
    auto const later = c.get("http://keys.test/11");
    CHECK(fingerprint(named) == right_key);
    CHECK(stranger.error() == errc::key_unavailable);
    CHECK(fingerprint(later) == right_key);
}

TEST_CASE("the cache does not grow, and forgets failures first")
{
    key_cache_limits limits;
    limits.keys = 4;
    limits.strangers = 1000;
    cached c(limits);
    c.keys->pin("http://keys.test/pinned", signed_callback::public_key());
    (void)c.get("http://keys.test/good");
    c.answer = scripted_reply(http_reply(404));
    for (int i = 0; i != 100; ++i)
        (void)c.get("http://keys.test/" + std::to_string(i));
    CHECK(c.keys->size() <= 4);
    CHECK(c.keys->find("http://keys.test/pinned") != nullptr);
    CHECK(c.keys->find("http://keys.test/good") != nullptr);
}
