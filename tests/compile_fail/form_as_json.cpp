// expect: the callback body could not be JSON once it is filled in; a value is expected here
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "object=${object}");
#else
    ossify::callback const made("http://app.example.com/stored", "object=${object}", ossify::as_json);
#endif
}
