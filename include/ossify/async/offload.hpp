#ifndef OSSIFY_ASYNC_OFFLOAD_HPP
#define OSSIFY_ASYNC_OFFLOAD_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

namespace ossify {

/// A few threads for calls that may block, started with the first such call.
/// Thread safety: a monitor. Destruction waits for the calls that are under way.
class blocking_pool {
public:
    explicit blocking_pool(std::size_t threads) : threads_(threads) {}

    /// Runs `call` on one of the threads, then goes on where the caller was. The call is not cut short by cancellation.
    /// Lifetime: what `call` refers to must live until the await returns.
    awaitable<std::ptrdiff_t> run(std::function<std::ptrdiff_t()> call)
    {
        asio::thread_pool& pool = start();
        auto const initiate = [&pool, &call](auto handler) {
            auto home = asio::get_associated_executor(handler);
            auto task = [&call, handler = std::move(handler), work = asio::make_work_guard(home), home]() mutable {
                std::ptrdiff_t const value = call();
                auto finish = [handler = std::move(handler), value]() mutable { std::move(handler)(value); };
                asio::post(home, std::move(finish));
                work.reset();
            };
            asio::post(pool, std::move(task));
        };
        auto [value] = co_await asio::async_initiate<decltype(awaited) const, void(std::ptrdiff_t)>(initiate, awaited);
        co_return value;
    }

private:
    asio::thread_pool& start()
    {
        std::lock_guard const lock(mutex_);
        if (!pool_)
            pool_ = std::make_unique<asio::thread_pool>(threads_);
        return *pool_;
    }

    std::size_t threads_;
    std::mutex mutex_;
    std::unique_ptr<asio::thread_pool> pool_;
};

}  // namespace ossify

#endif
