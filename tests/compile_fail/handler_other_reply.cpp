// expect: the handler must be a coroutine that takes the contract's event and returns ossify::awaitable of the contract's reply
#include "prelude.hpp"

#include <ossify/receiver/callback_route.hpp>

struct receipt { std::string id; };
BOOST_DESCRIBE_STRUCT(receipt, (), (id))
struct other { std::string id; };
BOOST_DESCRIBE_STRUCT(other, (), (id))
using answered = ossify::callback_contract<event, receipt>;

#ifdef POSITIVE
ossify::awaitable<receipt> handle(event const&) { co_return receipt{}; }
#else
ossify::awaitable<other> handle(event const&) { co_return other{}; }
#endif
auto f(ossify::receiver_config const& c) { return ossify::callback_route<answered>::make(&handle, c); }
