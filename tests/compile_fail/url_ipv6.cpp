// expect: a callback URL has an IPv6 address
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://127.0.0.1/", "object=${object}");
#else
    ossify::callback const made("http://[::1]/", "object=${object}");
#endif
}
