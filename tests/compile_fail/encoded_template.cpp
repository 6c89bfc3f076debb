// expect: the callback body went through an encoder
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/stored", "object=%24%7Bobject%7D");
#endif
}
