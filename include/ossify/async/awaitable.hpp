#ifndef OSSIFY_ASYNC_AWAITABLE_HPP
#define OSSIFY_ASYNC_AWAITABLE_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>
#if ASIO_VERSION >= 102300
#include <asio/as_tuple.hpp>
#else
#include <asio/experimental/as_tuple.hpp>
#endif

namespace ossify {

#if ASIO_VERSION >= 102300
using asio::as_tuple;
#else
using asio::experimental::as_tuple;
#endif

/// The one coroutine type of the library: it runs on the executor it was spawned on.
template<class T>
using awaitable = asio::awaitable<T, asio::any_io_executor>;

/// The token with which the library awaits Asio's operations: errors come as values, not as exceptions.
inline constexpr auto awaited = as_tuple(asio::use_awaitable_t<asio::any_io_executor>{});

}  // namespace ossify

#endif
