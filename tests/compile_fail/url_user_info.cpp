// expect: a callback URL has a user name before its host
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://me@app.example.com/", "object=${object}");
#endif
}
