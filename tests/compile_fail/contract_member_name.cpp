// expect: a custom variable may only have lower-case letters, digits and underscores in its name
// expect: userId
#include "prelude.hpp"

struct stored {
#ifdef POSITIVE
    std::string user_id;
#else
    std::string userId;
#endif
};
#ifdef POSITIVE
BOOST_DESCRIBE_STRUCT(stored, (), (user_id))
#else
BOOST_DESCRIBE_STRUCT(stored, (), (userId))
#endif

auto f() { return ossify::callback_contract<stored>::body(); }
