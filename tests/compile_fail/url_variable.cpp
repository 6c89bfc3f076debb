// expect: a callback URL has a ${variable}; only the callback body is a template
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/${object}", "object=${object}");
#endif
}
