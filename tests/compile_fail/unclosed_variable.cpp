// expect: the callback body has a ${ that no } closes
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/stored", "object=${object");
#endif
}
