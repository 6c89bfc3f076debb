#ifndef OSSIFY_TRANSPORT_LOOKUP_HPP
#define OSSIFY_TRANSPORT_LOOKUP_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ossify {

namespace detail {

/// A name look-up that its owner can leave behind: the system's resolver cannot be cut short, so the answer is waited
/// for on a timer, and one that comes late is dropped.
class lookup {
public:
    lookup(asio::any_io_executor ex, std::string host, std::string service)
        : shared_(std::make_shared<state>(ex)), host_(std::move(host)), service_(std::move(service)), ex_(std::move(ex))
    {
    }

    awaitable<result<std::vector<asio::ip::tcp::endpoint>>> run()
    {
        auto on_answer = [shared = shared_](std::error_code ec, asio::ip::tcp::resolver::results_type found) {
            shared->ec = ec;
            for (auto const& entry : found)
                shared->found.push_back(entry.endpoint());
            shared->done = true;
            shared->arrived.cancel();
        };
        shared_->resolver.async_resolve(host_, service_, asio::bind_executor(ex_, std::move(on_answer)));
        while (!shared_->done && !shared_->abandoned)
            co_await shared_->arrived.async_wait(awaited);
        if (!shared_->done)
            co_return failure(std::error_code(asio::error::operation_aborted));
        if (shared_->ec)
            co_return failure(errc::host_not_found, "\"" + host_ + "\": " + shared_->ec.message());
        co_return std::move(shared_->found);
    }

    void abandon() noexcept
    {
        shared_->abandoned = true;
        shared_->resolver.cancel();
        shared_->arrived.cancel();
    }

private:
    struct state {
        explicit state(asio::any_io_executor const& ex) : resolver(ex), arrived(ex, asio::steady_timer::time_point::max())
        {
        }
        asio::ip::tcp::resolver resolver;
        asio::steady_timer arrived;
        std::error_code ec;
        std::vector<asio::ip::tcp::endpoint> found;
        bool done = false;
        bool abandoned = false;
    };

    std::shared_ptr<state> shared_;
    std::string host_;
    std::string service_;
    asio::any_io_executor ex_;
};

}  // namespace detail

}  // namespace ossify

#endif
