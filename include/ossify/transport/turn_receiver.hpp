#ifndef OSSIFY_TRANSPORT_RECEIVE_HPP
#define OSSIFY_TRANSPORT_RECEIVE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/defer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace ossify::detail {

/// What `receive_in_turn` leaves on the executor: an attempt to receive that calls `handler` when it moves bytes or
/// fails, and else waits for bytes.
template<class Handler>
class turn_to_receive {
public:
    using socket_type = asio::ip::tcp::socket;
    using executor_type = asio::associated_executor_t<Handler, socket_type::executor_type>;

    turn_to_receive(socket_type& socket, std::span<std::byte> into, Handler handler)
        : socket_(socket), into_(into.data(), into.size()), handler_(std::move(handler))
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            cancelled_ = &slot.template emplace<note>().set;
    }

    executor_type get_executor() const noexcept
    {
        return asio::get_associated_executor(handler_, socket_.get_executor());
    }

    void operator()()
    {
        std::error_code ec = asio::error::operation_aborted;
        std::size_t bytes = 0;
        if (socket_.is_open() && !(cancelled_ != nullptr && *cancelled_)) {
            bytes = socket_.read_some(into_, ec);
            if (ec == asio::error::would_block)
                return socket_.async_read_some(into_, std::move(handler_));
        }
        if (cancelled_ != nullptr)
            asio::get_associated_cancellation_slot(handler_).clear();
        std::move(handler_)(ec, bytes);
    }

private:
    struct note {
        bool set = false;
        void operator()(asio::cancellation_type) noexcept { set = true; }
    };

    socket_type& socket_;
    asio::mutable_buffer into_;
    Handler handler_;
    bool const* cancelled_ = nullptr;  // in the handler's slot
};

/// Receives from a non-blocking socket, after whatever else is ready on the executor has had its turn: what was just
/// asked is seldom answered at once, and by then it often is. Asio's own operation tries at once, mostly in vain.
/// Lifetime: socket and memory must live until the await returns. Cancellation: all types.
inline awaitable<io_outcome> receive_in_turn(asio::ip::tcp::socket& socket, std::span<std::byte> into)
{
    auto const initiate = [&socket, into](auto handler) {
        asio::defer(turn_to_receive<decltype(handler)>(socket, into, std::move(handler)));
    };
    return asio::async_initiate<decltype(awaited) const, void(std::error_code, std::size_t)>(initiate, awaited);
}

}  // namespace ossify::detail

#endif
