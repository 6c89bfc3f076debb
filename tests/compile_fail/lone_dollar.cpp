// expect: the callback body has a $ that begins no ${name}
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "price=%245&object=${object}");
#else
    ossify::callback const made("http://app.example.com/stored", "price=$5&object=${object}");
#endif
}
