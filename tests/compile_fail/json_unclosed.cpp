// expect: a bracket or a quote is never closed
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object}})", ossify::as_json);
#else
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object})", ossify::as_json);
#endif
}
