// expect: goes to ossify::make_callback
#include "prelude.hpp"

#ifdef POSITIVE
void f(std::string const& url) { (void)ossify::make_callback(url, "object=${object}"); }
#else
void f(std::string const& body) { ossify::callback const made("http://app.example.com/stored", body); }
#endif
