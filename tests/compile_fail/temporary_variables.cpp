// expect-gcc12: name the struct of variables in a statement of its own
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    my_vars const vars{"a", "b"};
    ossify::callback const made(vars, "http://app.example.com/stored", "a=${x:my_var1}&b=${x:my_var2}");
#else
    ossify::callback const made(my_vars{"a", "b"}, "http://app.example.com/stored", "a=${x:my_var1}&b=${x:my_var2}");
#endif
}
