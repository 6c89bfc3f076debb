// expect: the callback is too long; the service takes 5 KB of Base64
#include "prelude.hpp"

#define HUNDRED "/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

// The URL alone would fit; with the contract's body it is too much.
void f()
{
#ifdef POSITIVE
    (void)contract::to("http://app.example.com" THOUSAND THOUSAND THOUSAND);
#else
    (void)contract::to("http://app.example.com" THOUSAND THOUSAND THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
                           HUNDRED HUNDRED);
#endif
}
