// expect: the callback host is neither a host name nor an IPv4 address
#include "prelude.hpp"

void f(ossify::callback& made)
{
#ifdef POSITIVE
    made.host("app.example.com:8080");
#else
    made.host("http://app.example.com");
#endif
}
