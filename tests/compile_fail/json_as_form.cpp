// expect: the callback body starts like JSON but would be sent as a form; pass ossify::as_json
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object}})", ossify::as_json);
#else
    ossify::callback const made("http://app.example.com/stored", R"({"object":${object}})");
#endif
}
