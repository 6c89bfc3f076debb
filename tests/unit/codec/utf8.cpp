#include <ossify/codec/utf8.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify::codec;

TEST_CASE("the first byte that is no UTF-8 is found")
{
    CHECK(find_non_utf8("") == std::string::npos);
    CHECK(find_non_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == std::string::npos);
    for (std::string const bad : {"\x80", "\xC0\x80", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                  "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
        CAPTURE(bad.size());
        CHECK(find_non_utf8("ab" + bad) == 2);
    }
}

TEST_CASE("each byte that is no UTF-8 is replaced, and no other")
{
    CHECK(replace_non_utf8("caf\xC3\xA9") == "caf\xC3\xA9");
    CHECK(replace_non_utf8("caf\xE9 \xC3\xA9 \xE2\x82") == "caf\xEF\xBF\xBD \xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(replace_non_utf8("\xFF") == "\xEF\xBF\xBD");
    CHECK(replace_non_utf8("") == "");
}
