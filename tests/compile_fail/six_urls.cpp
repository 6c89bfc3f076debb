// expect: there are more than five callback URLs
#include "prelude.hpp"

void f()
{
#ifdef POSITIVE
    ossify::callback const made("http://a.example.com/;http://b.example.com/;http://c.example.com/;http://d.example.com/;http://e.example.com/", "object=${object}");
#else
    ossify::callback const made("http://a.example.com/;http://b.example.com/;http://c.example.com/;http://d.example.com/;http://e.example.com/;http://f.example.com/", "object=${object}");
#endif
}
