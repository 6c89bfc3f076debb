// expect: the reply of a contract is void or a struct that BOOST_DESCRIBE_STRUCT describes
#include "prelude.hpp"

#ifdef POSITIVE
struct described { std::string a; };
BOOST_DESCRIBE_STRUCT(described, (), (a))
auto f() { return ossify::callback_contract<event, described>::body(); }
#else
struct plain { std::string a; };
auto f() { return ossify::callback_contract<event, plain>::body(); }
#endif
