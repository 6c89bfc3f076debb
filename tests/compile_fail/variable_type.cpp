// expect: a custom variable of a callback is text, a number, a bool, or an optional of one of these
#include "prelude.hpp"

#include <vector>

struct vars {
#ifdef POSITIVE
    std::optional<unsigned> tags;
#else
    std::vector<unsigned> tags;
#endif
};
BOOST_DESCRIBE_STRUCT(vars, (), (tags))

void f(vars const& v) { ossify::callback const made(v, "http://app.example.com/stored", "tags=${x:tags}"); }
