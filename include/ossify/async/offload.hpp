#ifndef OSSIFY_ASYNC_OFFLOAD_HPP
#define OSSIFY_ASYNC_OFFLOAD_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace ossify {

namespace detail {

// The threads of an execution context for calls of one kind.
template<class Kind>
class blocking_threads : public asio::execution_context::service {
public:
    inline static asio::execution_context::id id;

    explicit blocking_threads(asio::execution_context& context)
        : asio::execution_context::service(context), pool_(Kind::threads())
    {
    }

    asio::thread_pool& pool() noexcept { return pool_; }

private:
    void shutdown() override { pool_.join(); }

    asio::thread_pool pool_;
};

}  // namespace detail

/// Runs a call that may block on a thread of the caller's `io_context` for calls of this kind, then goes on where the
/// caller was. `Kind::threads()` tells how many threads there are; they start with the first call, and the end of the
/// `io_context` waits for the calls that are under way.
/// Cancellation: none; the call is not cut short. Lifetime: what `call` refers to must live until the await returns.
template<class Kind>
awaitable<std::ptrdiff_t> run_blocking(std::function<std::ptrdiff_t()> call)
{
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    asio::thread_pool& pool =
        asio::use_service<detail::blocking_threads<Kind>>(asio::query(ex, asio::execution::context)).pool();
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

}  // namespace ossify

#endif
