#include <ossify/http/method.hpp>

#include <doctest/doctest.h>

using namespace ossify::http;

TEST_CASE("every method reads back what it writes")
{
    for (method const m : {method::get, method::head, method::put, method::post, method::delete_, method::options})
        CHECK(parse_method(to_string(m)) == m);
}

TEST_CASE("a method's case counts")
{
    CHECK(parse_method("GET") == method::get);
    CHECK_FALSE(parse_method("get"));
}

TEST_CASE("other methods are unknown")
{
    CHECK_FALSE(parse_method("PATCH"));
    CHECK_FALSE(parse_method(""));
}
