// expect: the callback body could not be JSON once it is filled in; a colon is expected here
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object}})", ossify::as_json);
#else
    ossify::callback const made("http://app.example.com/stored", R"({"object",${object}})", ossify::as_json);
#endif
}
