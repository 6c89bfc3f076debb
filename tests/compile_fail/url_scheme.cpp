// expect: a callback URL has a scheme other than http and https
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("https://app.example.com/", "object=${object}");
#else
    ossify::callback const made("ftp://app.example.com/", "object=${object}");
#endif
}
