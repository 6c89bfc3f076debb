// expect: a custom variable is given twice
#include "prelude.hpp"

struct sender {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(sender, (), (id))

struct device {
#ifdef POSITIVE
    std::string device_id;
#else
    std::string id;
#endif
};
#ifdef POSITIVE
BOOST_DESCRIBE_STRUCT(device, (), (device_id))
#else
BOOST_DESCRIBE_STRUCT(device, (), (id))
#endif

struct both : sender, device {};
BOOST_DESCRIBE_STRUCT(both, (sender, device), ())

auto f() { return ossify::callback_contract<both>::body(); }
