// expect: a custom variable is given twice
#include "prelude.hpp"

#ifdef POSITIVE
using variables = sender;
#else
using variables = sender_and_device;
#endif

auto f() { return ossify::callback_contract<variables>::body(); }
