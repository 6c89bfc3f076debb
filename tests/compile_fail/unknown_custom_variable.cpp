// expect: the callback body names a custom variable that is not among the variables given
// expect-gcc: did you mean ${x:my_var1}?
#include "prelude.hpp"

void f(my_vars const& vars)
{
#ifdef POSITIVE
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_var1}&b=${x:my_var2}");
#else
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_vr1}&b=${x:my_var2}");
#endif
}
