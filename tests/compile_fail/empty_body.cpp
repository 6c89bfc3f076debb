// expect: the callback body is empty
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "-");
#else
    ossify::callback const made("http://app.example.com/stored", "");
#endif
}
