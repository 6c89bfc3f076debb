#include <ossify/core/ascii.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("capitals of ASCII become small letters, and nothing else changes")
{
    std::string every;
    for (int c = 0; c != 256; ++c)
        every += static_cast<char>(c);
    std::string const lowered = ascii::lower_case(every);
    REQUIRE(lowered.size() == 256);
    for (std::size_t c = 0; c != 256; ++c) {
        bool const capital = c >= 0x41 && c <= 0x5A;
        CHECK(static_cast<unsigned char>(lowered[c]) == (capital ? c + 0x20 : c));
        CHECK(ascii::to_lower(every[c]) == lowered[c]);
    }
}
