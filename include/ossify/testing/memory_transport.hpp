#ifndef OSSIFY_TESTING_MEMORY_TRANSPORT_HPP
#define OSSIFY_TESTING_MEMORY_TRANSPORT_HPP

#include <ossify/http/parser.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/manual_clock.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/basic_waitable_timer.hpp>
#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ossify::testing {

/// One request as it reached the service.
class received_request {
public:
    received_request() = default;

    http::request_head head;
    std::string body;
};

/// What the service does with a request.
class scripted_reply {
public:
    scripted_reply() = default;
    /// Answers with these bytes.
    scripted_reply(std::string text) : bytes(std::move(text)) {}

    /// Reads the request and closes without a word.
    static scripted_reply lost()
    {
        scripted_reply r;
        r.close = true;
        return r;
    }
    /// Never answers.
    static scripted_reply silence()
    {
        scripted_reply r;
        r.silent = true;
        return r;
    }

    std::string bytes;
    bool close = false;   ///< close after the bytes
    bool silent = false;
};

/// An answer with a body of known length.
inline std::string http_reply(unsigned status, std::string_view body = {}, http::fields const& headers = {})
{
    http::response_head head;
    head.status = status;
    head.headers = headers;
    head.headers.set("Content-Length", std::to_string(body.size()));
    std::string out;
    http::write_head(out, head);
    return out.append(body);
}

namespace detail {

class memory_service {
public:
    std::function<scripted_reply(received_request const&)> respond;
    std::vector<received_request> requests;
    fault plan;
    std::size_t max_read = std::numeric_limits<std::size_t>::max();
    std::size_t max_write = std::numeric_limits<std::size_t>::max();
    std::size_t connections = 0;
    std::size_t handshakes = 0;
    std::size_t open = 0;
    bool answers_early = false;
};

}  // namespace detail

/// The client's end of a connection to a service that lives in the same process. Models `byte_stream`.
class memory_stream {
public:
    memory_stream(asio::any_io_executor ex, std::shared_ptr<detail::memory_service> service)
        : ex_(ex), service_(std::move(service)), arrived_(std::move(ex), manual_clock::time_point::max())
    {
    }
    memory_stream(memory_stream const&) = delete;
    memory_stream& operator=(memory_stream const&) = delete;
    ~memory_stream() { close(); }

    awaitable<result<void>> connect(peer const&)
    {
        co_await turn();
        if (std::error_code const ec = step())
            co_return failure(errc::connection_failed, ec.message());
        open_ = true;
        ++service_->open;
        ++service_->connections;
        co_return result<void>();
    }
    awaitable<result<void>> secure(peer const&)
    {
        co_await turn();
        if (std::error_code const ec = step())
            co_return failure(errc::tls_failed, ec.message());
        ++service_->handshakes;
        co_return result<void>();
    }

    io_result try_read_some(std::span<std::byte> into)
    {
        if (!open_)
            return {asio::error::bad_descriptor, 0};
        if (inbox_.empty() && !broken_ && (!closing_ || !on_its_way_.empty()))
            return {asio::error::would_block, 0};
        if (std::error_code const ec = step())
            return {ec, 0};
        if (inbox_.empty())
            return {broken_ ? broken_ : std::error_code(asio::error::eof), 0};
        std::size_t const n = std::min({into.size(), inbox_.size(), service_->max_read});
        std::memcpy(into.data(), inbox_.data(), n);
        inbox_.erase(0, n);
        return {{}, n};
    }

    io_result try_write_some(std::span<asio::const_buffer const> from)
    {
        if (!open_)
            return {asio::error::bad_descriptor, 0};
        if (from.empty())
            return {};
        if (!writable_)
            return {asio::error::would_block, 0};
        if (std::error_code const ec = step())
            return {ec, 0};
        if (broken_ || closing_)
            return {asio::error::broken_pipe, 0};
        std::size_t left = service_->max_write;
        std::size_t total = 0;
        for (auto const& buffer : from) {
            std::size_t const n = std::min(buffer.size(), left);
            take(std::string_view(static_cast<char const*>(buffer.data()), n));
            total += n;
            left -= n;
        }
        writable_ = false;  // every other attempt has to wait: the waits are part of what is tested
        return {{}, total};
    }

    awaitable<std::error_code> wait_readable()
    {
        co_await turn();
        if (std::error_code const ec = step())
            co_return ec;
        inbox_ += std::exchange(on_its_way_, std::string());
        while (open_ && inbox_.empty() && !broken_ && !closing_) {
            auto [ec] = co_await arrived_.async_wait(awaited);
            if (!open_ || ec != asio::error::operation_aborted)
                co_return ec;
        }
        co_return open_ ? std::error_code() : std::error_code(asio::error::operation_aborted);
    }
    awaitable<std::error_code> wait_writable()
    {
        co_await turn();
        if (std::error_code const ec = step())
            co_return ec;
        writable_ = true;
        co_return open_ ? std::error_code() : std::error_code(asio::error::operation_aborted);
    }
    awaitable<std::error_code> shutdown()
    {
        co_await turn();
        co_return step();
    }
    void close() noexcept
    {
        if (std::exchange(open_, false))
            --service_->open;
        arrived_.cancel();
    }
    bool is_open() const noexcept { return open_; }

private:
    awaitable<void> turn()
    {
        asio::any_io_executor const home = co_await asio::this_coro::executor;
        co_await asio::post(asio::bind_executor(home, asio::use_awaitable_t<asio::any_io_executor>{}));
    }

    std::error_code step()
    {
        std::error_code const ec = service_->plan.step();
        if (ec)
            broken_ = ec;
        return broken_ && inbox_.empty() ? broken_ : ec;
    }

    void take(std::string_view bytes)
    {
        while (!bytes.empty()) {
            if (parser_.complete())
                (void)parser_.next();
            auto const room = parser_.prepare();
            std::size_t const n = std::min(room.size(), bytes.size());
            if (n == 0)
                return;
            std::memcpy(room.data(), bytes.data(), n);
            bytes.remove_prefix(n);
            if (!parser_.commit(n)) {
                broken_ = asio::error::connection_reset;
                return;
            }
            if (parser_.head_complete()) {
                now_.body.append(parser_.body());
                parser_.consume_body(parser_.body().size());
            }
            if (parser_.complete() || (service_->answers_early && parser_.head_complete() && !answered_)) {
                now_.head = parser_.head();
                answer();
            }
        }
    }

    void answer()
    {
        answered_ = !parser_.complete();
        service_->requests.push_back(std::exchange(now_, received_request()));
        scripted_reply const reply = service_->respond(service_->requests.back());
        (service_->answers_early ? inbox_ : on_its_way_) += reply.bytes;
        closing_ = closing_ || reply.close;
        arrived_.cancel();
    }

    asio::any_io_executor ex_;
    std::shared_ptr<detail::memory_service> service_;
    asio::basic_waitable_timer<manual_clock, asio::wait_traits<manual_clock>, asio::any_io_executor> arrived_;
    http::request_parser parser_;
    received_request now_;
    std::string on_its_way_;  // arrives when it is waited for
    std::string inbox_;
    std::error_code broken_;
    bool open_ = false;
    bool closing_ = false;
    bool writable_ = true;
    bool answered_ = false;
};

/// A transport to a service that a function plays, in virtual time: for tests of code that uploads. Models `transport`.
/// Copies talk to the same service. Thread safety: not thread-safe.
class memory_transport {
public:
    using stream_type = memory_stream;
    using clock_type = manual_clock;

    explicit memory_transport(fault plan = {}) : service_(std::make_shared<detail::memory_service>())
    {
        service_->plan = std::move(plan);
    }

    memory_stream make_stream(asio::any_io_executor ex) const { return memory_stream(std::move(ex), service_); }

    /// Called with each complete request; what it returns is the answer.
    void on_request(std::function<scripted_reply(received_request const&)> respond)
    {
        service_->respond = std::move(respond);
    }
    /// At most so many bytes move in one attempt.
    void chop(std::size_t max_read, std::size_t max_write)
    {
        service_->max_read = max_read;
        service_->max_write = max_write;
    }
    /// Answers as soon as the head of a request is there.
    void answer_early(bool v = true) { service_->answers_early = v; }

    std::vector<received_request> const& requests() const noexcept { return service_->requests; }
    std::size_t connections() const noexcept { return service_->connections; }
    /// How many of the connections were secured.
    std::size_t handshakes() const noexcept { return service_->handshakes; }
    std::size_t open_connections() const noexcept { return service_->open; }
    fault const& faults() const noexcept { return service_->plan; }

private:
    std::shared_ptr<detail::memory_service> service_;
};

static_assert(transport<memory_transport>);

}  // namespace ossify::testing

#endif
