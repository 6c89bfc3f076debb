// expect: the handler must be a coroutine that takes the contract's event and returns ossify::awaitable of the contract's reply
#include "prelude.hpp"

#include <ossify/receiver/callback_route.hpp>

#ifdef POSITIVE
ossify::awaitable<ossify::json::value> handle(event const&) { co_return nullptr; }
#else
ossify::json::value handle(event const&) { return nullptr; }
#endif
auto f(ossify::receiver_config const& c) { return ossify::callback_route<contract>::make(&handle, c); }
