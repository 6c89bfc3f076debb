// expect: the service sends this member as text; make it a std::string or an optional one
// expect: object
#include "prelude.hpp"

struct stored {
#ifdef POSITIVE
    std::optional<std::string> object;
#else
    int object = 0;
#endif
};
BOOST_DESCRIBE_STRUCT(stored, (), (object))

auto f() { return ossify::callback_contract<stored>::body(); }
