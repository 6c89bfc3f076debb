// expect: a callback URL has a scheme other than http and https
#include "prelude.hpp"

#ifdef POSITIVE
void f() { (void)contract::to("http://app.example.com/"); }
#else
void f() { (void)contract::to("ftp://app.example.com/"); }
#endif
