// expect: a custom variable is text, a number, a bool, or an optional of one of these
#include "prelude.hpp"

#include <vector>

struct stored {
#ifdef POSITIVE
    std::string tags;
#else
    std::vector<std::string> tags;
#endif
};
BOOST_DESCRIBE_STRUCT(stored, (), (tags))

auto f() { return ossify::callback_contract<stored>::body(); }
