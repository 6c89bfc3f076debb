// expect: the host of a callback URL is neither a host name nor an IPv4 address
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://10.0.0.255/", "object=${object}");
#else
    ossify::callback const made("http://10.0.0.256/", "object=${object}");
#endif
}
