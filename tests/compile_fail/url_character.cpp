// expect: a callback URL has a character that must be percent-encoded
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/a%20b", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/a b", "object=${object}");
#endif
}
