// expect: the service sends this member as a number of up to 64 bits
#include "prelude.hpp"

#ifdef POSITIVE
struct right { std::string object; std::uint64_t size = 0; };
BOOST_DESCRIBE_STRUCT(right, (), (object, size))
auto f() { return ossify::callback_contract<right>::body(); }
#else
struct wrong { std::string object; double size = 0; };
BOOST_DESCRIBE_STRUCT(wrong, (), (object, size))
auto f() { return ossify::callback_contract<wrong>::body(); }
#endif
