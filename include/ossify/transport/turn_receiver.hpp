#ifndef OSSIFY_TRANSPORT_TURN_RECEIVER_HPP
#define OSSIFY_TRANSPORT_TURN_RECEIVER_HPP

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

/// Receives from a socket when whatever else is ready on the executor has had its turn. Asio's own operation tries at
/// once: right after a request that is in vain, while in a busy program the answer is there by the time the others are
/// through. Where it is not there by then either, as over a long way, Asio's operation has the next few.
/// Thread safety: not thread-safe.
class turn_receiver {
public:
    using socket_type = asio::ip::tcp::socket;

    /// The socket must outlive this, and be non-blocking when `receive` is called.
    explicit turn_receiver(socket_type& socket) noexcept : socket_(socket) {}
    turn_receiver(turn_receiver const&) = delete;
    turn_receiver& operator=(turn_receiver const&) = delete;

    /// Receives what there is, or waits for it. Runs on the executor of who awaits.
    /// Returns: 1 byte or more without error; `asio::error::eof` at the peer's end; `asio::error::operation_aborted`
    /// when it was cancelled, or the socket closed meanwhile. With an error no byte was taken.
    /// Lifetime: the memory must live until the await returns; the socket must not be opened anew meanwhile.
    /// Cancellation: all types, by the coroutine's slot or by closing the socket; the socket's `cancel` is not heard
    /// before the turn.
    awaitable<io_outcome> receive(std::span<std::byte> into)
    {
        auto const initiate = [this, into](auto handler) { begin(into, std::move(handler)); };
        return asio::async_initiate<decltype(awaited) const, void(std::error_code, std::size_t)>(initiate, awaited);
    }

private:
    static constexpr unsigned pause = 7;  // receives after a turn in vain

    template<class Handler>
    class turn;

    template<class Handler>
    void begin(std::span<std::byte> into, Handler handler)
    {
        asio::mutable_buffer const memory(into.data(), into.size());
        if (paused_ == 0) {
            asio::defer(turn<Handler>(*this, memory, std::move(handler)));
            return;
        }
        --paused_;
        socket_.async_read_some(memory, std::move(handler));
    }

    socket_type& socket_;
    unsigned paused_ = 0;
};

// What is queued up on the handler's executor.
template<class Handler>
class turn_receiver::turn {
public:
    using executor_type = asio::associated_executor_t<Handler, socket_type::executor_type>;

    turn(turn_receiver& owner, asio::mutable_buffer into, Handler handler)
        : owner_(owner), into_(into), handler_(std::move(handler))
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            cancelled_ = &slot.template emplace<note>().set;
    }

    executor_type get_executor() const noexcept
    {
        return asio::get_associated_executor(handler_, owner_.socket_.get_executor());
    }

    void operator()()
    {
        std::error_code ec = asio::error::operation_aborted;
        std::size_t bytes = 0;
        if (owner_.socket_.is_open() && !(cancelled_ != nullptr && *cancelled_)) {
            bytes = owner_.socket_.read_some(into_, ec);
            if (ec == asio::error::would_block || ec == asio::error::interrupted) {
                owner_.paused_ = pause;
                return owner_.socket_.async_read_some(into_, std::move(handler_));
            }
        }
        std::move(handler_)(ec, bytes);
    }

private:
    struct note {
        bool set = false;
        void operator()(asio::cancellation_type) noexcept { set = true; }
    };

    turn_receiver& owner_;
    asio::mutable_buffer into_;
    Handler handler_;
    bool const* cancelled_ = nullptr;  // in the handler's slot, until the socket's own operation takes that
};

}  // namespace ossify::detail

#endif
