// late-ticks URL REGION BUCKET FILE [PARALLEL]: uploads a file that is not in the page cache, with a timer that is to
// tick every millisecond on the same io_context, and prints how late the ticks came, as JSON. The ticks have a fixed
// schedule: a loop that stands still for 50 ms makes 50 ticks late, not one. Beside it a thread that has nothing else to
// do keeps the same schedule: how late that is, is the machine's doing. The key comes from the environment.
#include <ossify/client.hpp>
#include <ossify/codec/json.hpp>

#include "page_cache.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using outcome = ossify::result<ossify::stored_object<>>;

ossify::awaitable<void> tick(asio::steady_timer& timer, bool const& done, std::vector<double>& late_ms)
{
    auto due = clock_type::now();
    while (!done) {
        due += std::chrono::milliseconds(1);
        if (clock_type::now() < due) {
            timer.expires_at(due);
            co_await timer.async_wait(ossify::awaited);
        }
        if (!done)
            late_ms.push_back(std::chrono::duration<double, std::milli>(clock_type::now() - due).count());
    }
}

// As above, in a thread of its own.
void tick_alone(std::atomic<bool> const& done, std::vector<double>& late_ms)
{
    for (auto due = clock_type::now(); !done;) {
        due += std::chrono::milliseconds(1);
        std::this_thread::sleep_until(due);
        late_ms.push_back(std::chrono::duration<double, std::milli>(clock_type::now() - due).count());
    }
}

double percentile(std::vector<double> const& sorted, double p)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv)
try {
    if (argc < 5) {
        std::cerr << "usage: late-ticks URL REGION BUCKET FILE [PARALLEL]\n";
        return 2;
    }
    double const cached = tests::evict(argv[4]);
    asio::io_context io(1);
    auto const settings = ossify::config().endpoint(argv[1]).region(argv[2]).credentials(
        ossify::credentials_from_environment());
    ossify::client oss(io.get_executor(), settings);
    ossify::upload_file_request<> request(argv[3], "late-ticks", argv[4]);
    request.parallel(argc > 5 ? static_cast<unsigned>(std::atoi(argv[5])) : 4);

    asio::steady_timer timer(io);
    std::vector<double> late_ms;
    bool done = false;
    outcome got = ossify::failure();
    auto const began = clock_type::now();
    auto const on_end = [&](std::exception_ptr thrown, outcome r) {
        if (thrown)
            std::rethrow_exception(thrown);
        got = std::move(r);
        done = true;
        timer.cancel();
    };
    auto const on_tick_end = [](std::exception_ptr thrown) {
        if (thrown)
            std::rethrow_exception(thrown);
    };
    std::atomic<bool> over{false};
    std::vector<double> alone_ms;
    std::thread alone([&] { tick_alone(over, alone_ms); });
    asio::co_spawn(io, oss.upload_file(request), on_end);
    asio::co_spawn(io, tick(timer, done, late_ms), on_tick_end);
    io.run();
    over = true;
    alone.join();
    std::chrono::duration<double> const seconds = clock_type::now() - began;
    if (!got) {
        std::cerr << got.error() << '\n';
        return 1;
    }
    std::sort(late_ms.begin(), late_ms.end());
    std::sort(alone_ms.begin(), alone_ms.end());
    ossify::json::object out;
    out["cached_share"] = cached;
    out["bytes"] = got->bytes;
    out["seconds"] = seconds.count();
    out["ticks"] = late_ms.size();
    out["p50_ms"] = percentile(late_ms, 0.5);
    out["p99_ms"] = percentile(late_ms, 0.99);
    out["max_ms"] = percentile(late_ms, 1);
    out["alone_p99_ms"] = percentile(alone_ms, 0.99);
    out["alone_max_ms"] = percentile(alone_ms, 1);
    std::cout << ossify::codec::to_json_text(out) << '\n';
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
