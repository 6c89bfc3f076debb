// expect: a callback URL has a % without two hexadecimal digits after it
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/100%25", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/100%", "object=${object}");
#endif
}
