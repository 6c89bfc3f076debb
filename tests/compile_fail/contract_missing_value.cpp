// expect: a custom variable of the callback has no value yet; call .set<&Event::member>(value) for it
// expect: order
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    (void)contract::to("http://app.example.com/").set<&event::user>("u").set<&event::order>("7").encode();
#else
    (void)contract::to("http://app.example.com/").set<&event::user>("u").encode();
#endif
}
