// expect: the service sends this member as a number of up to 64 bits; make it a std::uint64_t
#include "prelude.hpp"

struct stored {
#ifdef POSITIVE
    std::uint64_t size = 0;
#else
    std::uint32_t size = 0;
#endif
};
BOOST_DESCRIBE_STRUCT(stored, (), (size))

auto f() { return ossify::callback_contract<stored>::body(); }
