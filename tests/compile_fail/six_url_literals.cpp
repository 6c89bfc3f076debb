// expect: there are more than five callback URLs; the service takes one to five
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made({"http://a", "http://b", "http://c", "http://d", "http://e"}, "object=${object}");
#else
    ossify::callback const made({"http://a", "http://b", "http://c", "http://d", "http://e;http://f"},
                                "object=${object}");
#endif
}
