// What the cases share; compiled once for all of them.
#ifndef OSSIFY_TESTS_COMPILE_FAIL_PRELUDE_HPP
#define OSSIFY_TESTS_COMPILE_FAIL_PRELUDE_HPP

#include <ossify/callback/contract.hpp>
#include <ossify/callback/make_callback.hpp>

#include <cstdint>
#include <string>

struct my_vars {
    std::string my_var1, my_var2;
};
BOOST_DESCRIBE_STRUCT(my_vars, (), (my_var1, my_var2))

struct event {
    std::string object, user, order;
};
BOOST_DESCRIBE_STRUCT(event, (), (object, user, order))

using contract = ossify::callback_contract<event>;

// two bases with a member of one name
struct sender {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(sender, (), (id))

struct device {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(device, (), (id))

struct sender_and_device : sender, device {};
BOOST_DESCRIBE_STRUCT(sender_and_device, (sender, device), ())

#endif
