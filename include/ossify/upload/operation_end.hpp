#ifndef OSSIFY_UPLOAD_OPERATION_END_HPP
#define OSSIFY_UPLOAD_OPERATION_END_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>

#include <asio/error.hpp>

#include <system_error>
#include <utility>

namespace ossify {

/// Turns Asio's code for a cancelled wait into `errc::cancelled`.
inline failure ended(failure why)
{
    if (why.code() != asio::error::operation_aborted)
        return why;
    return failure(errc::cancelled).in(why.info().operation);
}

/// Turns the two forms in which Asio reports cancellation, a code and an exception, into `errc::cancelled`.
template<class T>
awaitable<result<T>> ending(awaitable<result<T>> work)
{
    try {
        auto got = co_await std::move(work);
        if (!got)
            co_return ended(std::move(got).error());
        co_return got;
    } catch (std::system_error const& e) {
        if (e.code() != asio::error::operation_aborted)
            throw;
    }
    co_return failure(errc::cancelled);
}

}  // namespace ossify

#endif
