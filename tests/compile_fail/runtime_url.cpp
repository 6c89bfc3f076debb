// expect: goes to ossify::make_callback
#include "prelude.hpp"

void f(my_vars const& vars, std::string const& url)
{
#ifdef POSITIVE
    (void)ossify::make_callback(vars, url, "a=${x:my_var1}&b=${x:my_var2}");
#else
    ossify::callback const made(vars, url, "a=${x:my_var1}&b=${x:my_var2}");
#endif
}
