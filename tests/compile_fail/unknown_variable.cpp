// expect: the callback body names a variable that the service does not have
// expect-gcc: did you mean ${bucket}?
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://app.example.com/stored", "bucket=${bucket}");
#else
    ossify::callback const made("http://app.example.com/stored", "bucket=${buckett}");
#endif
}
