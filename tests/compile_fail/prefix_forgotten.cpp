// expect: the callback body names a variable that the service does not have
// expect: my_var1
// expect-gcc: did you mean ${x:my_var1}?
#include "prelude.hpp"

void f(my_vars const& vars)
{
#ifdef POSITIVE
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_var1}&b=${x:my_var2}");
#else
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${my_var1}&b=${x:my_var2}");
#endif
}
