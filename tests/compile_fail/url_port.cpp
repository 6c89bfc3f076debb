// expect: a callback URL has a bad port; it is a number from 1 to 65535
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com:8080/", "object=${object}");
#else
    ossify::callback const made("http://app.example.com:test/", "object=${object}");
#endif
}
