// expect: a callback URL has no host
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http:///stored", "object=${object}");
#endif
}
