#ifndef OSSIFY_EMULATOR_CALLBACK_DISPATCHER_HPP
#define OSSIFY_EMULATOR_CALLBACK_DISPATCHER_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/emulator/callback_answer.hpp>
#include <ossify/emulator/callback_job.hpp>
#include <ossify/emulator/callback_request.hpp>
#include <ossify/emulator/delivery_log.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/service.hpp>
#include <ossify/http/parser.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/transport/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// True for addresses that the real service never calls: private, loopback, link-local, shared and unspecified.
inline bool is_private(asio::ip::address const& a)
{
    if (a.is_v6())
        return true;  // it calls no IPv6 address at all
    auto const b = a.to_v4().to_bytes();
    return b[0] == 10 || b[0] == 127 || b[0] == 0 || (b[0] == 172 && b[1] >= 16 && b[1] < 32) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || (b[0] == 100 && b[1] >= 64 && b[1] < 128);
}

/// Looks up the hosts of a callback's URLs, as the service does before it takes the object.
/// Errors: "Can not get ip by this host."; in strict mode "Private address is forbidden to callback.".
inline awaitable<std::optional<service_error>> check_callback_hosts(callback_job const& job)
{
    auto const ex = co_await asio::this_coro::executor;
    for (auto const& target : job.targets) {
        asio::ip::tcp::resolver resolver(ex);
        auto looked_up = co_await resolver.async_resolve(asio::ip::tcp::v4(), target.where.host,
                                                         std::to_string(target.where.effective_port()), awaited);
        auto const& found = std::get<1>(looked_up);
        if (std::get<0>(looked_up) || found.empty())
            co_return errors::callback_refused("Can not get ip by this host.", "0007-00000007", "callback", job.json);
        if (job.strict && is_private(found.begin()->endpoint().address()))
            co_return errors::callback_refused("Private address is forbidden to callback.", "0007-00000008", "callback",
                                               job.json);
    }
    co_return std::nullopt;
}

/// Calls application servers back: the URLs in order, until one answers as it should.
/// Thread safety: not thread-safe; lives on one executor.
template<transport Transport>
class callback_dispatcher {
public:
    using clock_type = typename Transport::clock_type;

    /// `key_url` is where the public key can be had, for the header x-oss-pub-key-url.
    callback_dispatcher(std::shared_ptr<service> at, Transport over, std::shared_ptr<watchdog<clock_type>> dog)
        : service_(std::move(at)), transport_(std::move(over)), dog_(std::move(dog))
    {
    }

    void public_key_url(std::string url) { key_url_ = std::move(url); }

    /// Performs the callback and puts it into the service's log.
    /// Returns: the verdict about the first answer that is accepted, else about the last. Lifetime: `job` must live
    /// until the await returns. Cancellation: terminal; the log then has no entry.
    awaitable<callback_verdict> perform(callback_job const& job)
    {
        delivery record;
        record.request_id = job.request_id;
        record.operation = job.operation;
        record.bucket = job.bucket;
        record.key = job.key;
        record.began = service_->now();
        record.body_type = to_string(job.parameters.body_type);
        record.body = job.body;
        callback_verdict verdict;
        if (job.image_broken) {
            verdict = verdicts::no_image();
        } else {
            for (auto const& target : job.targets) {
                delivery_attempt attempt;
                verdict = co_await call(job, target, attempt);
                attempt.verdict = verdict.message;
                record.attempts.push_back(std::move(attempt));
                if (verdict.delivered)
                    break;
            }
        }
        record.delivered = verdict.delivered;
        std::lock_guard const lock(service_->mutex);
        service_->deliveries.add(std::move(record));
        co_return verdict;
    }

private:
    /// One connection, whose stream is closed when the time is over.
    struct connection {
        connection(Transport const& t, asio::any_io_executor ex, std::shared_ptr<watchdog<clock_type>> dog)
            : stream(t.make_stream(ex)), limit(std::move(dog), std::move(ex), &on_limit, this)
        {
        }
        static void on_limit(void* subject) noexcept
        {
            auto& self = *static_cast<connection*>(subject);
            self.late = true;
            self.stream.close();
        }

        typename Transport::stream_type stream;
        typename watchdog<clock_type>::deadline limit;
        std::string ip;  // of the server, where the stream knows it
        bool late = false;
    };

    awaitable<callback_verdict> call(callback_job const& job, callback_target const& target, delivery_attempt& log)
    {
        auto const ex = co_await asio::this_coro::executor;
        auto const began = clock_type::now();
        log.url = target.text;
        connection c(transport_, ex, dog_);
        c.limit.arm(began + service_->settings.callback_limit);
        auto verdict = co_await exchange(job, target, c, log);
        c.limit.disarm();
        c.stream.close();
        log.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
        co_return verdict;
    }

    awaitable<callback_verdict> exchange(callback_job const& job, callback_target const& target, connection& c,
                                         delivery_attempt& log)
    {
        auto key = service_->signing_key();
        if (!key)
            co_return verdicts::bad_gateway();
        auto head = make_callback_request(job, target, *key, key_url_, service_->wall_now());
        if (!head)
            co_return verdicts::bad_gateway();
        std::string out;
        http::write_head(out, *head);
        log.request_head = out;

        peer to(target.where.host, target.where.effective_port(), target.where.is_https());
        to.sni = job.parameters.sni;
        if (auto connected = co_await c.stream.connect(to); !connected)
            co_return c.late ? verdicts::no_connection() : verdicts::bad_gateway();
        if constexpr (requires { c.stream.socket().remote_endpoint().address(); }) {
            std::error_code ignored;
            c.ip = c.stream.socket().remote_endpoint(ignored).address().to_string();
        }
        if (to.secure)
            if (auto secured = co_await c.stream.secure(to); !secured)
                co_return c.late ? verdicts::no_connection() : verdicts::bad_gateway();

        out += job.body;
        std::string_view left = out;
        while (!left.empty()) {
            std::array<asio::const_buffer, 1> const piece{asio::buffer(left)};
            auto const put = c.stream.try_write_some(piece);
            left.remove_prefix(put.bytes);
            if (put.ec == asio::error::would_block) {
                if (auto const ec = co_await c.stream.wait_writable(); ec)
                    co_return c.late ? silent(c, target) : verdicts::bad_gateway();
            } else if (put.ec) {
                break;  // the server may have answered before it read everything
            }
        }
        co_return co_await read_answer(target, c, log);
    }

    awaitable<callback_verdict> read_answer(callback_target const& target, connection& c, delivery_attempt& log)
    {
        auto const most = service_->settings.callback_answer_bytes;
        http::response_parser parser;
        parser.expect(http::method::post);
        std::string raw;  // of the head, to see what is wrong with one that is refused
        bool judged = false;
        for (;;) {
            if (parser.head_complete() && !judged) {
                judged = true;
                log.status = parser.head().status;
                log.answer_head = parser.head().headers.text();
                if (auto refused = judge_head(parser.head(), most))
                    co_return *std::move(refused);
            }
            if (parser.complete()) {
                log.answer_body = parser.body();
                co_return judge_body(log.answer_body);
            }
            auto const room = parser.prepare();
            auto const got = c.stream.try_read_some(room);
            if (got.bytes != 0) {
                if (!judged && raw.size() < 64 * 1024)
                    raw.append(reinterpret_cast<char const*>(room.data()), got.bytes);
                if (!parser.commit(got.bytes))
                    co_return judge_refused_head(raw);
                continue;
            }
            if (got.ec == asio::error::would_block) {
                if (auto const ec = co_await c.stream.wait_readable(); ec && !c.late)
                    co_return verdicts::bad_gateway();
            } else if (got.ec) {
                if (!c.late)
                    co_return verdicts::bad_gateway();
            }
            if (c.late)
                co_return parser.started() ? verdicts::too_slow() : silent(c, target);
        }
    }

    callback_verdict silent(connection const& c, callback_target const& target) const
    {
        return verdicts::no_reply(c.ip.empty() ? target.where.host : c.ip, target.where.effective_port(), service_->settings.callback_limit);
    }

    std::shared_ptr<service> service_;
    Transport transport_;
    std::shared_ptr<watchdog<clock_type>> dog_;
    std::string key_url_;
};

}  // namespace ossify::emulation

#endif
