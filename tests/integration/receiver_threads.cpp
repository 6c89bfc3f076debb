// One callback receiver used from four threads: for ThreadSanitizer, and true without it.
#include <ossify/receiver/callback_receiver.hpp>
#include <ossify/server/http_server.hpp>

#include "printers.hpp"
#include "signed_callback.hpp"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace ossify;
using tests::signed_callback;

namespace {

awaitable<void> give_key(http_exchange& x)
{
    x.reply(http::response_head(200), signed_callback::key().public_pem());
    co_return;
}

awaitable<int> verify_many(callback_receiver& receiver, std::string key_url, int count)
{
    int right = 0;
    for (int i = 0; i != count; ++i) {
        signed_callback const callback("/n", "n=" + std::to_string(i));
        callback_headers headers;
        headers.authorization = callback.authorization();
        headers.key_url = codec::base64_encode(key_url);
        auto const genuine = co_await receiver.verify(callback.target, headers, callback.body);
        auto const forged = co_await receiver.verify(callback.target, headers, "n=-1");
        right += genuine && !forged ? 1 : 0;
    }
    co_return right;
}

}  // namespace

TEST_CASE("one receiver verifies callbacks on four threads, with one fetch of the key")
{
    asio::io_context key_io(1);
    http_server key_server(key_io.get_executor(), http_server_config(), &give_key);
    REQUIRE(key_server.start());
    std::string const key_url = "http://127.0.0.1:" + std::to_string(key_server.port()) + "/key.pem";
    auto const work = asio::make_work_guard(key_io);
    std::thread keys([&] { key_io.run(); });

    constexpr int workers = 8;
    constexpr int each = 20;
    asio::io_context io(4);
    int right = 0;
    std::size_t fetches = 0;
    {
        callback_receiver receiver(key_io.get_executor(), receiver_config().trust_key_url(key_url));
        std::vector<std::future<int>> ends;
        for (int w = 0; w != workers; ++w)
            ends.push_back(
                asio::co_spawn(asio::make_strand(io), verify_many(receiver, key_url, each), asio::use_future));
        std::vector<std::thread> threads;
        for (int t = 0; t != 4; ++t)
            threads.emplace_back([&] { io.run(); });
        for (auto& t : threads)
            t.join();
        for (auto& end : ends)
            right += end.get();
        fetches = receiver.key_fetches();
    }
    asio::co_spawn(key_io, key_server.stop(std::chrono::milliseconds(0)), asio::use_future).get();
    key_io.stop();
    keys.join();
    CHECK(right == workers * each);
    CHECK(fetches == 1);
}
