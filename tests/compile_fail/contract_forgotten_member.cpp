// expect: BOOST_DESCRIBE_STRUCT does not name this member of the contract
#include "prelude.hpp"

struct stored {
    std::string object, user;
};
#ifdef POSITIVE
BOOST_DESCRIBE_STRUCT(stored, (), (object, user))
#else
BOOST_DESCRIBE_STRUCT(stored, (), (object))
#endif

void f() { (void)ossify::callback_contract<stored>::to("http://app.example.com/").set<&stored::user>("u"); }
