// One client used from four threads: for ThreadSanitizer, and true without it.
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include "printers.hpp"

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace ossify;

namespace {

awaitable<int> put_many(client& oss, int worker, int count)
{
    int stored = 0;
    for (int i = 0; i != count; ++i) {
        std::string const content(static_cast<std::size_t>(1000 * (i % 7) + worker), 'a');
        std::string const key = "w" + std::to_string(worker) + "/" + std::to_string(i);
        auto const put = co_await oss.put_object(put_object_request("examplebucket", key).body(asio::buffer(content)));
        auto const head = co_await oss.head_object("examplebucket", key);
        if (put && head && head->bytes == content.size() && head->crc64 == put->crc64)
            ++stored;
    }
    co_return stored;
}

}  // namespace

TEST_CASE("one client serves operations on strands of four threads")
{
    asio::io_context service_io(1);
    emulator oss_here(service_io.get_executor());
    oss_here.create_bucket("examplebucket");
    auto const service_work = asio::make_work_guard(service_io);
    std::thread service([&] { service_io.run(); });

    constexpr int workers = 16;
    constexpr int each = 25;
    asio::io_context io(4);
    {
        timeouts short_ones;
        short_ones.operation = std::chrono::seconds(60);
        // fewer connections than workers: the waiting line is used too
        client oss(io.get_executor(), oss_here.client_config().max_connections(6).limits(short_ones));
        std::vector<std::future<int>> ends;
        for (int w = 0; w != workers; ++w)
            ends.push_back(asio::co_spawn(asio::make_strand(io), put_many(oss, w, each), asio::use_future));
        std::vector<std::thread> threads;
        for (int t = 0; t != 4; ++t)
            threads.emplace_back([&] { io.run(); });
        for (auto& t : threads)
            t.join();
        int stored = 0;
        for (auto& end : ends)
            stored += end.get();
        CHECK(stored == workers * each);
    }
    service_io.stop();
    service.join();
}

TEST_CASE("a context whose operations have ended may go before the client and its idle connections")
{
    asio::io_context service_io(1);
    emulator oss_here(service_io.get_executor());
    oss_here.create_bucket("examplebucket");
    asio::io_context io(1);
    auto const work = asio::make_work_guard(io);
    std::thread service([&] { service_io.run(); });
    std::thread sockets([&] { io.run(); });
    {
        client oss(io.get_executor(), oss_here.client_config());
        for (int i = 0; i != 3; ++i) {
            asio::io_context passing;
            auto end = asio::co_spawn(asio::make_strand(passing), put_many(oss, i, 2), asio::use_future);
            passing.run();
            CHECK(end.get() == 2);
        }
    }
    io.stop();
    service_io.stop();
    sockets.join();
    service.join();
}
