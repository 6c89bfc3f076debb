// expect: the event of a contract is a struct that BOOST_DESCRIBE_STRUCT describes
#include "prelude.hpp"

struct stored {
    std::string object;
};
#ifdef POSITIVE
BOOST_DESCRIBE_STRUCT(stored, (), (object))
#endif

void f() { (void)ossify::callback_contract<stored>::to("http://app.example.com/"); }
