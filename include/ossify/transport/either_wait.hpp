#ifndef OSSIFY_TRANSPORT_EITHER_WAIT_HPP
#define OSSIFY_TRANSPORT_EITHER_WAIT_HPP

#include <ossify/async/awaitable.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/bind_executor.hpp>
#include <asio/ip/tcp.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace ossify::detail {

/// Waits until a socket can be written to or has something to read, and calls `handler` with the outcome of the wait
/// that came first; that one ends the other. No other operation may be pending on the socket.
/// Lifetime: the socket must outlive the wait. Cancellation: all types. The handler's executor must not run two handlers
/// at once.
template<class Handler>
class either_wait : public std::enable_shared_from_this<either_wait<Handler>> {
public:
    using socket_type = asio::ip::tcp::socket;

    either_wait(socket_type& socket, Handler handler) : socket_(socket), handler_(std::move(handler)) {}

    void start()
    {
        asio::any_io_executor const ex = asio::get_associated_executor(handler_, socket_.get_executor());
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected()) {
            slot.assign([self = this->weak_from_this()](asio::cancellation_type) {
                if (auto const me = self.lock())
                    me->cancel();
            });
        }
        for (auto const what : {socket_type::wait_read, socket_type::wait_write}) {
            auto on_end = [self = this->shared_from_this()](std::error_code ec) { self->end(ec); };
            socket_.async_wait(what, asio::bind_executor(ex, std::move(on_end)));
        }
    }

private:
    void cancel()
    {
        std::error_code ignored;
        socket_.cancel(ignored);
    }

    void end(std::error_code ec)
    {
        if (--pending_ == 1) {
            first_ = ec;
            cancel();
            return;
        }
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.clear();
        Handler handler = std::move(handler_);
        std::move(handler)(first_);
    }

    socket_type& socket_;
    Handler handler_;
    std::error_code first_;
    int pending_ = 2;
};

inline awaitable<std::error_code> wait_either(asio::ip::tcp::socket& socket)
{
    auto const initiate = [&socket](auto handler) {
        std::make_shared<either_wait<decltype(handler)>>(socket, std::move(handler))->start();
    };
    auto [ec] = co_await asio::async_initiate<decltype(awaited) const, void(std::error_code)>(initiate, awaited);
    co_return ec;
}

}  // namespace ossify::detail

#endif
