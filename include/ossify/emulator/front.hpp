#ifndef OSSIFY_EMULATOR_FRONT_HPP
#define OSSIFY_EMULATOR_FRONT_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/async/watchdog.hpp>
#include <ossify/emulator/callback_dispatcher.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/own_pages.hpp>
#include <ossify/emulator/perform.hpp>
#include <ossify/emulator/send_reply.hpp>
#include <ossify/emulator/service.hpp>
#include <ossify/server/exchange.hpp>
#include <ossify/transport/stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Connects the service to an HTTP server and to the network that callbacks go out on.
/// Lifetime: must outlive the exchanges that it handles. Thread safety: not thread-safe; lives on one executor.
template<transport Transport>
class front {
public:
    using clock_type = typename Transport::clock_type;

    front(std::shared_ptr<service> at, Transport callbacks_over, std::shared_ptr<watchdog<clock_type>> dog)
        : service_(at), dispatcher_(at, std::move(callbacks_over), std::move(dog))
    {
    }

    callback_dispatcher<Transport>& dispatcher() noexcept { return dispatcher_; }

    /// Handles one request from its head to its answer. Cancellation: terminal; the connection is closed.
    awaitable<void> handle(http_exchange& http)
    {
        auto const began = clock_type::now();
        if (serve_own(http))
            co_return;
        service_exchange x(*service_, http.head(), request_origin(http.client().address, http.client().secure));
        using step = service_exchange::step;
        if (x.faults().delay.count() != 0)
            co_await pause<clock_type>(x.faults().delay);
        if (x.next() == step::check_callback)
            co_await check_callback(x);
        if (x.next() == step::receive) {
            auto received = co_await receive(http, x);
            if (!received) {
                log(x, http.head(), 0, to_string(received.error()), began);
                co_return;
            }
        }
        if (x.next() == step::check_callback)  // of a form
            co_await check_callback(x);
        if (x.next() == step::call_back) {
            auto verdict = co_await dispatcher_.perform(x.callback());
            x.called_back(std::move(verdict));
        }
        auto const& answer = x.answer();
        log(x, http.head(), answer.status, answer.reason, began);
        co_await send_reply<clock_type>(http, x.answer(), x.faults());
    }

private:
    /// What the emulator serves besides the service.
    bool serve_own(http_exchange& http)
    {
        auto const& head = http.head();
        if (head.method != http::method::get)
            return false;
        auto page = find_own_page(*service_, head.target);
        if (!page)
            return false;
        http::response_head answer(page->status);
        answer.headers.set("Content-Type", page->content_type);
        http.reply(std::move(answer), std::move(page->body));
        return true;
    }

    static awaitable<void> check_callback(service_exchange& x)
    {
        auto why = co_await check_callback_hosts(x.callback());
        x.callback_checked(std::move(why));
    }

    /// Hands the body to the exchange. Errors: the client went away, or is sent away on purpose; the connection is
    /// dropped then.
    static awaitable<result<void>> receive(http_exchange& http, service_exchange& x)
    {
        auto const& faults = x.faults();
        std::uint64_t taken = 0;
        while (x.next() == service_exchange::step::receive) {
            if (faults.reset_after && taken >= *faults.reset_after) {
                http.drop(http_exchange::ending::reset);
                co_return failure(errc::connection_closed, "on purpose");
            }
            if (auto const arrived = http.body(); !arrived.empty()) {
                std::size_t const n = arrived.size();
                x.receive(std::as_bytes(std::span(arrived)));
                http.consume(n);
                taken += n;
                if (faults.bandwidth != 0)
                    co_await pause<clock_type>(std::chrono::microseconds(n * 1'000'000 / faults.bandwidth));
            } else if (http.body_complete()) {
                x.received_all();
            } else if (auto more = co_await http.more_body(); !more) {
                if (more.error() == errc::stall_timeout)
                    x.receive_failed(errors::request_timeout());
                else if (more.error() == errc::malformed_http || more.error() == errc::header_too_large)
                    x.receive_failed(service_error(400, "MalformedRequest", "The body of the request is not HTTP."));
                if (x.next() == service_exchange::step::receive) {
                    http.drop();
                    co_return std::move(more).error();
                }
                http.close_after_reply();
            }
        }
        co_return result<void>();
    }

    void log(service_exchange& x, http::request_head const& head, unsigned status, std::string_view reason,
             typename clock_type::time_point began) const
    {
        if (!service_->settings.log)
            return;
        // Only the path: queries can hold signatures and tokens.
        std::string line(to_string(head.method));
        line.append(" ").append(std::string_view(head.target).substr(0, head.target.find('?')));
        line.append(" ").append(x.routed() ? to_string(x.request().operation) : "-");
        line.append(" ").append(status == 0 ? "dropped" : std::to_string(status));
        auto const took = std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - began).count();
        line.append(" ").append(std::to_string(took)).append("us");
        if (!x.answer().code.empty())
            line.append(" ").append(x.answer().code);
        if (!reason.empty())
            line.append(": ").append(reason);
        if (auto const faults = to_string(x.faults()); !faults.empty())
            line.append(" (on purpose: ").append(faults).append(")");
        line.append(" [").append(x.request().id).append("]");
        // What a client sent may be part of it, and must not look like a line of its own.
        std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
        service_->settings.log(line);
    }

    std::shared_ptr<service> service_;
    callback_dispatcher<Transport> dispatcher_;
};

}  // namespace ossify::emulation

#endif
