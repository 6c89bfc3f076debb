// expect: the service fills in this member; only custom variables are set by the uploader
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    (void)contract::to("http://app.example.com/").set<&event::user>("u");
#else
    (void)contract::to("http://app.example.com/").set<&event::object>("o");
#endif
}
