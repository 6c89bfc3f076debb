// expect: is never used in the callback body
// expect-gcc: my_var2 is never used in the callback body
#include "prelude.hpp"

void f(my_vars const& vars)
{
#ifdef POSITIVE
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_var1}", ossify::allow_unused_variables);
#else
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_var1}");
#endif
}
