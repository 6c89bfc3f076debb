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

void f(both const& vars)
{
    ossify::callback const made(vars, "http://app.example.com/stored", "id=${x:id}", ossify::allow_unused_variables);
}
