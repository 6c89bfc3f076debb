// expect: a comma or a closing bracket is expected
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object},"size":${size}})", ossify::as_json);
#else
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object} "size":${size}})", ossify::as_json);
#endif
}
