// expect: a custom variable is given twice
#include "prelude.hpp"

#ifdef POSITIVE
using variables = sender;
#else
using variables = sender_and_device;
#endif

void f(variables const& vars)
{
    ossify::callback const made(vars, "http://app.example.com/stored", "id=${x:id}");
}
