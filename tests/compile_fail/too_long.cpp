// expect: the callback is too long; the service takes 5 KB of Base64
#include "prelude.hpp"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define ONE_K HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", ONE_K ONE_K ONE_K "${object}");
#else
    ossify::callback const made("http://app.example.com/stored", ONE_K ONE_K ONE_K ONE_K "${object}");
#endif
}
