// expect: a custom variable may only have lower-case letters, digits and underscores in its name
#include "prelude.hpp"

#ifdef POSITIVE
struct lower { std::string user_id; };
BOOST_DESCRIBE_STRUCT(lower, (), (user_id))
void f(lower const& vars) { ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:user_id}"); }
#else
struct upper { std::string UserId; };
BOOST_DESCRIBE_STRUCT(upper, (), (UserId))
void f(upper const& vars) { ossify::callback const made(vars, "http://app.example.com/stored", "a=${object}", ossify::allow_unused_variables); }
#endif
