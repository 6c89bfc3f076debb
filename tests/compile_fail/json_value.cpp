// expect: a value is expected
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", R"({"object":null})", ossify::as_json);
#else
    ossify::callback const made("http://app.example.com/stored", R"({"object":})", ossify::as_json);
#endif
}
