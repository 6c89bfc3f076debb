#include <ossify/core/printable.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;

TEST_CASE("text without control characters stays as it is, in any script")
{
    for (char const* text : {"", "plain \\n \"text\"", "\xE6\x9D\xAD\xE5\xB7\x9E", "\xC3\xA9", "\xC2\xA0", "\xFF\xC2"})
        CHECK(printable(text) == text);
}

TEST_CASE("control characters are shown")
{
    CHECK(printable("a\nb\rc\td") == "a\\nb\\rc\\td");
    CHECK(printable("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
    CHECK(printable(std::string("\0\a\x7f", 3)) == "\\x00\\x07\\x7f");
    CHECK(printable("\xC2\x9B" "31m") == "\\xc2\\x9b31m");  // CSI as one character
}
