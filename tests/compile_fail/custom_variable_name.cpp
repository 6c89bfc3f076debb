// expect: a custom variable may only have lower-case letters, digits and underscores in its name
#include "prelude.hpp"

void f(my_vars const& vars)
{
#ifdef POSITIVE
    ossify::callback const made(vars, "http://app.example.com/stored", "b=${x:my_var1}${x:my_var2}");
#else
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:My}&b=${x:my_var1}${x:my_var2}");
#endif
}
