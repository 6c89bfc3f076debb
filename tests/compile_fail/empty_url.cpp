// expect: a callback URL is empty; put one semicolon between two URLs, none at the end
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://a;http://b", "object=${object}");
#else
    ossify::callback const made("http://a;http://b;", "object=${object}");
#endif
}
