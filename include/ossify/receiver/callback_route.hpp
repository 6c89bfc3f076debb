#ifndef OSSIFY_RECEIVER_CALLBACK_ROUTE_HPP
#define OSSIFY_RECEIVER_CALLBACK_ROUTE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/callback/contract.hpp>
#include <ossify/callback/guard.hpp>
#include <ossify/callback/message.hpp>
#include <ossify/core/result.hpp>
#include <ossify/receiver/callback_reply.hpp>
#include <ossify/receiver/received_callback.hpp>
#include <ossify/receiver/receiver_config.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ossify {

namespace detail {

/// A handler without its types. What it gives must not refer to anything but the shared callback and itself.
using callback_handler = std::function<awaitable<callback_answer>(std::shared_ptr<received_callback const>)>;

template<class T>
struct awaited_value;
template<class T>
struct awaited_value<awaitable<T>> {
    using type = T;
};

/// What the coroutine gives that a handler returns for an argument; void when it returns no coroutine.
template<class Handler, class Argument>
struct handler_value {
    using type = void;
};
template<class Handler, class Argument>
    requires requires { typename awaited_value<std::invoke_result_t<Handler&, Argument>>::type; }
struct handler_value<Handler, Argument> {
    using type = typename awaited_value<std::invoke_result_t<Handler&, Argument>>::type;
};

template<class Value, class Reply>
concept gives_reply = std::same_as<Value, Reply> || std::same_as<Value, callback_result<Reply>>;

template<class Handler>
awaitable<callback_answer> run_untyped(std::shared_ptr<Handler> handler, std::shared_ptr<received_callback const> in)
{
    auto const said = co_await (*handler)(*in);
    co_return answer_with(said);
}

template<class Handler>
callback_handler make_untyped_handler(Handler handler)
{
    using value = typename handler_value<Handler, received_callback const&>::type;
    static_assert(gives_reply<value, json::value>,
                  "the handler must be a coroutine that takes ossify::received_callback const& and returns "
                  "ossify::awaitable of ossify::json::value or of ossify::callback_result<ossify::json::value>");
    return [shared = std::make_shared<Handler>(std::move(handler))](std::shared_ptr<received_callback const> in) {
        return run_untyped(shared, std::move(in));
    };
}

}  // namespace detail

/// One path of a callback server and the contract that holds there. Cheap to copy; copies are the same route.
template<class Contract>
class callback_route {
public:
    using event_type = typename Contract::event_type;
    /// What handlers give when the contract has no reply: any JSON.
    using reply_type = std::conditional_t<std::is_void_v<typename Contract::reply_type>, json::value,
                                          typename Contract::reply_type>;

    /// Accepts only callbacks that hold a proof made by the same guard for the same object, in the given member.
    template<auto Proof>
    callback_route& guarded_by(callback_guard guard)
    {
        static_assert(std::same_as<decltype(Proof), std::string event_type::*>,
                      "name the member of the contract's struct, a std::string, that holds the proof");
        static_assert(requires(event_type const& e) { { e.object } -> std::convertible_to<std::string_view>; },
                      "a proof is for one object: the contract's struct needs the member \"object\"");
        shared_->checks.push_back([guard = std::move(guard)](event_type const& e, codec::wall_time now) {
            return guard.check(e.*Proof, e.object, now);
        });
        return *this;
    }

    /// For `basic_callback_router`.
    template<class Handler>
    static callback_route make(Handler handler, receiver_config const& config);
    detail::callback_handler handle() const { return handle_; }

private:
    /// What the route's settings change after its handler is in place.
    struct state {
        std::vector<std::function<result<void>(event_type const&, codec::wall_time)>> checks;
    };

    callback_route() = default;

    template<class Handler>
    static awaitable<detail::callback_answer> run(std::shared_ptr<state> shared, std::shared_ptr<Handler> handler,
                                                  receiver_config const& config,
                                                  std::shared_ptr<received_callback const> in)
    {
        auto const event = in->template decode<event_type>();
        if (!event)
            co_return detail::callback_answer::refused(400, to_string(event.error()));
        for (auto const& check : shared->checks)
            if (auto const passed = check(**event, config.now()); !passed)
                co_return detail::callback_answer::refused(403, to_string(passed.error()));
        if constexpr (std::invocable<Handler&, callback_event<event_type> const&>) {
            auto const said = co_await (*handler)(*event);
            co_return detail::answer_with(said);
        } else {
            auto const said = co_await (*handler)(**event);
            co_return detail::answer_with(said);
        }
    }

    std::shared_ptr<state> shared_ = std::make_shared<state>();
    detail::callback_handler handle_;
};

template<class Contract>
template<class Handler>
callback_route<Contract> callback_route<Contract>::make(Handler handler, receiver_config const& config)
{
    using argument = std::conditional_t<std::invocable<Handler&, callback_event<event_type> const&>,
                                        callback_event<event_type>, event_type>;
    static_assert(detail::gives_reply<typename detail::handler_value<Handler, argument const&>::type, reply_type>,
                  "the handler must be a coroutine that takes the contract's event and returns ossify::awaitable of the "
                  "contract's reply (ossify::json::value when it has none) or of ossify::callback_result of it");
    callback_route made;
    made.handle_ = [shared = made.shared_, &config, kept = std::make_shared<Handler>(std::move(handler))](
                       std::shared_ptr<received_callback const> in) { return run(shared, kept, config, std::move(in)); };
    return made;
}

}  // namespace ossify

#endif
