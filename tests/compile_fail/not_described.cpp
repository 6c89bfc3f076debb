// expect: the variables of a callback are a struct that BOOST_DESCRIBE_STRUCT describes
#include "prelude.hpp"

#ifdef POSITIVE
struct described { std::string a; };
BOOST_DESCRIBE_STRUCT(described, (), (a))
void f(described const& vars) { ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:a}"); }
#else
struct plain { std::string a; };
void f(plain const& vars) { ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:a}"); }
#endif
