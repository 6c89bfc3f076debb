#ifndef OSSIFY_RECEIVER_CALLBACK_ROUTER_HPP
#define OSSIFY_RECEIVER_CALLBACK_ROUTER_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/callback/message.hpp>
#include <ossify/callback/signature.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/message.hpp>
#include <ossify/receiver/callback_receiver.hpp>
#include <ossify/receiver/callback_route.hpp>
#include <ossify/receiver/received_callback.hpp>
#include <ossify/receiver/receiver_config.hpp>
#include <ossify/server/exchange.hpp>
#include <ossify/transport/net_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Takes callback requests from an `http_server`: verifies each, hands it to the handler of its path, and answers as
/// the service wants it. `callback_server` is this with a server of its own.
/// Thread safety: not thread-safe; everything happens on the executor given to the constructor.
template<transport Transport>
class basic_callback_router {
public:
    using clock = typename Transport::clock_type;

    /// `ex` must not run two handlers at once: a strand, or an io_context with one thread.
    explicit basic_callback_router(asio::any_io_executor ex, receiver_config config = {}, Transport over = {})
        : core_(std::make_shared<core>(std::move(ex), std::move(config), std::move(over)))
    {
    }

    /// Handles the callbacks of a contract that arrive at a path. `handler` takes `callback_event<Event> const&`, or
    /// `Event const&`, and returns an `awaitable` of the contract's reply, or of `callback_result` of it; json::value
    /// stands for the reply when the contract has none.
    /// It has until `receiver_config::answer_within`; then it is cancelled, and the callback counts as failed.
    /// Handlers may be added at any time.
    template<class Contract, class Handler>
    callback_route<Contract> on(std::string path, Handler handler)
    {
        auto made = callback_route<Contract>::make(std::move(handler), core_->config);
        core_->routes.push_back({std::move(path), made.handle()});
        return made;
    }

    /// Handles, without a struct, the callbacks that arrive at any other path. `handler` takes
    /// `received_callback const&` and returns an `awaitable` of json::value or of `callback_result<json::value>`.
    template<class Handler>
    void on_any(Handler handler)
    {
        core_->any = detail::make_untyped_handler(std::move(handler));
    }

    /// True when a request for this target is for `handle`.
    bool takes(std::string_view target) const { return core_->find(target) != nullptr; }

    /// Receives one callback and answers it: for the handler of an `http_server`.
    /// Lifetime: the exchange must live until the await returns. Cancellation: terminal; the handler is cancelled too.
    awaitable<void> handle(http_exchange& x) { return receive(core_, x); }

    /// Handlers that were given up and have not ended yet.
    std::size_t late_handlers() const noexcept { return core_->late; }

    receiver_config const& config() const noexcept { return core_->config; }

private:
    using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor>;

    struct route {
        std::string path;
        detail::callback_handler handle;
    };

    struct core {
        core(asio::any_io_executor on, receiver_config with, Transport over)
            : ex(on), config(with), receiver(std::move(on), std::move(with), std::move(over))
        {
        }

        detail::callback_handler const* find(std::string_view target) const
        {
            auto const path = detail::target_path(target);
            for (auto const& r : routes)
                if (r.path == path)
                    return &r.handle;
            if (path.find('%') != path.npos)
                if (auto const plain = codec::percent_decode(path))
                    for (auto const& r : routes)
                        if (r.path == *plain)
                            return &r.handle;
            return any ? &any : nullptr;
        }

        asio::any_io_executor ex;
        receiver_config config;
        basic_callback_receiver<Transport> receiver;
        std::deque<route> routes;  // one may come while another is at work
        detail::callback_handler any;
        std::size_t late = 0;
        std::size_t held = 0;  // bytes of bodies, as `body_memory` counts them
    };

    /// A body's share of the memory for bodies. However many send slowly, all of them together stay within it.
    class share {
    public:
        static constexpr std::size_t free_bytes = 16 * 1024;

        explicit share(core& of) : core_(of) {}
        share(share const&) = delete;
        share& operator=(share const&) = delete;
        ~share() { core_.held -= counted_; }

        /// False when a body of so many bytes finds no room.
        bool grow_to(std::size_t bytes)
        {
            std::size_t const wanted = bytes > free_bytes ? bytes - free_bytes : 0;
            if (core_.held - counted_ + wanted > core_.config.body_memory())
                return false;
            core_.held += wanted - counted_;
            counted_ = wanted;
            return true;
        }

    private:
        core& core_;
        std::size_t counted_ = 0;
    };

    /// The check of a callback and its handler's run. Its deadline may leave it behind, so it keeps what both refer to.
    struct run {
        run(std::shared_ptr<core> c, detail::callback_handler const& h, std::shared_ptr<received_callback const> what)
            : owner(std::move(c)), handler(h), in(std::move(what))
        {
        }
        std::shared_ptr<core> owner;
        detail::callback_handler const& handler;
        std::shared_ptr<received_callback const> in;
        bool verified = false;
        std::optional<detail::callback_answer> out;
        std::optional<timer> wake;
        asio::cancellation_signal cancel;
        bool abandoned = false;
    };

    static awaitable<void> receive(std::shared_ptr<core> self, http_exchange& x);
    static awaitable<detail::callback_answer> answer(std::shared_ptr<core> self, http_exchange& x,
                                                     std::shared_ptr<received_callback> in, bool& verified,
                                                     typename clock::time_point until);
    static awaitable<result<std::string>> read_body(std::shared_ptr<core> self, http_exchange& x, share& room,
                                                    typename clock::time_point until);
    static awaitable<detail::callback_answer> verify_and_handle(std::shared_ptr<run> r, callback_headers headers);
    static awaitable<detail::callback_answer> within(typename clock::time_point until, std::shared_ptr<run> r,
                                                     callback_headers headers);
    static void start(std::shared_ptr<run> const& r, callback_headers headers);

    std::shared_ptr<core> core_;
};

using callback_router = basic_callback_router<net_transport>;

namespace detail {

inline callback_answer describe_thrown(std::exception_ptr const& thrown)
{
    std::string why = "the handler threw an exception";
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& e) {
        why += std::string(": ") + e.what();
    } catch (...) {
        why += " of an unknown type";
    }
    return callback_answer::refused(500, why, "the application failed");
}

}  // namespace detail

template<transport Transport>
awaitable<void> basic_callback_router<Transport>::receive(std::shared_ptr<core> self, http_exchange& x)
{
    auto const began = clock::now();
    auto const in = std::make_shared<received_callback>();
    in->target = x.head().target;
    in->content_type = x.head().headers.get("Content-Type");
    in->request_id = x.head().headers.get("x-oss-request-id");
    in->client = x.client().address;
    bool verified = false;
    auto said = co_await answer(self, x, in, verified, began + self->config.answer_within());

    if (auto const& log = self->config.log()) {
        callback_log_entry entry(*in);
        entry.verified = verified;
        entry.status = said.status;
        entry.reason = std::move(said.reason);
        entry.took = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began);
        log(entry);
    }
    http::response_head head(said.status);
    head.headers.set("Content-Type", "application/json");
    if (said.status == 405)
        head.headers.set("Allow", "POST");
    x.reply(std::move(head), std::move(said.text));
}

template<transport Transport>
awaitable<detail::callback_answer> basic_callback_router<Transport>::answer(std::shared_ptr<core> self,
                                                                            http_exchange& x,
                                                                            std::shared_ptr<received_callback> in,
                                                                            bool& verified,
                                                                            typename clock::time_point until)
{
    using detail::callback_answer;
    if (x.head().method != http::method::post)
        co_return callback_answer::refused(405, "a callback is a POST request");
    auto const* const handler = self->find(in->target);
    if (handler == nullptr)
        co_return callback_answer::refused(404, "no callback is expected at this path");
    share room(*self);
    auto body = co_await read_body(self, x, room, until);
    if (!body)
        co_return callback_answer::refused(refusal_status(body.error()), to_string(body.error()));
    in->body = *std::move(body);

    callback_headers headers(x.head().headers);
    auto const r = std::make_shared<run>(self, *handler, in);
    auto said = co_await within(until, r, std::move(headers));
    verified = r->verified;
    co_return said;
}

template<transport Transport>
awaitable<detail::callback_answer> basic_callback_router<Transport>::verify_and_handle(std::shared_ptr<run> r,
                                                                                       callback_headers headers)
{
    auto const judged = co_await r->owner->receiver.verify(r->in->target, std::move(headers), r->in->body);
    r->verified = judged || judged.error() == errc::callback_replayed;
    if (judged)
        co_return co_await r->handler(r->in);
    std::string const why = to_string(judged.error());
    bool const is_ours = judged.error() == errc::key_unavailable;  // then it tells of our network
    co_return detail::callback_answer::refused(refusal_status(judged.error()), why,
                                               is_ours ? judged.error().code().message() : why);
}

template<transport Transport>
awaitable<result<std::string>> basic_callback_router<Transport>::read_body(std::shared_ptr<core> self,
                                                                           http_exchange& x, share& room,
                                                                           typename clock::time_point until)
{
    std::size_t const limit = self->config.max_body();
    std::string out;
    for (;;) {
        auto const arrived = x.body();
        if (x.content_length().value_or(0) > limit || arrived.size() > limit - out.size())
            co_return failure(errc::body_too_large, "a callback of more than " + std::to_string(limit) + " bytes");
        if (!room.grow_to(out.size() + arrived.size()))
            co_return failure(errc::throttled, "too many long bodies at once");
        out.append(arrived);
        x.consume(arrived.size());
        if (x.body_complete())
            co_return out;
        auto const more = co_await x.more_body();
        if (!more)
            co_return more.error();
        if (clock::now() >= until)
            co_return failure(errc::stall_timeout, "the callback's body does not come to its end");
    }
}

template<transport Transport>
void basic_callback_router<Transport>::start(std::shared_ptr<run> const& r, callback_headers headers)
{
    auto on_end = [r](std::exception_ptr thrown, detail::callback_answer out) {
        if (thrown)
            out = detail::describe_thrown(thrown);
        r->out = std::move(out);
        if (r->wake)
            r->wake->cancel();
        if (r->abandoned) {
            --r->owner->late;
            asio::post(r->owner->ex, [r] {});  // its signal must outlive the coroutine's last step, which this is
        }
    };
    asio::co_spawn(r->owner->ex, verify_and_handle(r, std::move(headers)),
                   asio::bind_cancellation_slot(r->cancel.slot(), std::move(on_end)));
}

template<transport Transport>
awaitable<detail::callback_answer> basic_callback_router<Transport>::within(typename clock::time_point until,
                                                                            std::shared_ptr<run> r,
                                                                            callback_headers headers)
{
    // Leaves the run behind, cancelled, when this ends first.
    struct supervisor {
        explicit supervisor(std::shared_ptr<run> what) : r(std::move(what)) {}
        supervisor(supervisor const&) = delete;
        supervisor& operator=(supervisor const&) = delete;
        ~supervisor()
        {
            if (r->out)
                return;
            r->abandoned = true;
            ++r->owner->late;
            auto const keep = r;
            keep->cancel.emit(asio::cancellation_type::terminal);
        }
        std::shared_ptr<run> r;
    };

    start(r, std::move(headers));
    supervisor const watch(r);
    if (!r->out) {
        r->wake.emplace(r->owner->ex, until);
        co_await r->wake->async_wait(awaited);
    }
    if (r->out)
        co_return *std::move(r->out);
    if (clock::now() < until)
        co_return detail::callback_answer::refused(503, "cancelled before the answer was ready, as when the server stops",
                                                   "the application is stopping");
    auto const limit = r->owner->config.answer_within().count();
    co_return detail::callback_answer::refused(
        503, "the replay guard or the handler took longer than " + std::to_string(limit) +
                 " ms; the service gives up after 5 s, so answer first and do slow work later",
        "the application took too long");
}

}  // namespace ossify

#endif
