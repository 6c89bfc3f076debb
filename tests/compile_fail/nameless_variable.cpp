// expect: the callback body has a ${} without a name
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/stored", "object=${}");
#endif
}
