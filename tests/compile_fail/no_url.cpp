// expect: there is no callback URL; the service takes one to five
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("", "object=${object}");
#endif
}
