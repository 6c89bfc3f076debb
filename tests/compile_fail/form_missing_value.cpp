// expect: a custom variable of the callback has no value yet; call .set<&Event::member>(value) for it
// expect: order
#include "prelude.hpp"

#include <ossify/presign/form_request.hpp>

void f()
{
    ossify::form_request request("photos");
#ifdef POSITIVE
    request.callback(contract::to("http://app.example.com/").set<&event::user>("u").set<&event::order>("7"));
#else
    request.callback(contract::to("http://app.example.com/").set<&event::user>("u"));
#endif
}
