// expect: a custom variable of the callback has no value yet; call .set<&Event::member>(value) for it
#include "prelude.hpp"

#ifdef POSITIVE
void f() { auto const c = contract::to("http://app.example.com/").set<&event::user>("u").set<&event::order>("7"); ossify::detail::require_complete<decltype(c)>(); }
#else
void f() { auto const c = contract::to("http://app.example.com/").set<&event::user>("u"); ossify::detail::require_complete<decltype(c)>(); }
#endif
