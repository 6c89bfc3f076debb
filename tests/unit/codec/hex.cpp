#include <ossify/codec/hex.hpp>

#include <doctest/doctest.h>

using namespace ossify;
using namespace ossify::codec;

TEST_CASE("hexadecimal text has two digits a byte in the case asked for")
{
    std::string const bytes("\x00\x0f\xa5\xff", 4);
    CHECK(hex_encode_lower(bytes) == "000fa5ff");
    CHECK(hex_encode_upper(bytes) == "000FA5FF");
    CHECK(hex_encode_lower("") == "");
}

TEST_CASE("hexadecimal text can be appended")
{
    std::string text = "sum=";
    hex_encode_lower_to(text, "\x01\xfe");
    CHECK(text == "sum=01fe");
}

TEST_CASE("hexadecimal text of either case is decoded")
{
    CHECK(hex_decode("000fA5Ff").value() == std::string("\x00\x0f\xa5\xff", 4));
    CHECK(hex_decode("").value() == "");
}

TEST_CASE("hexadecimal text of odd length is refused") { CHECK(hex_decode("abc").error() == errc::invalid_argument); }

TEST_CASE("a character that is no hexadecimal digit is refused and located")
{
    CHECK(hex_decode("0g").error().message() == "no hexadecimal digit at byte 1");
    CHECK(hex_decode("00-1").error().message() == "no hexadecimal digit at byte 2");
    CHECK(hex_decode("0x").error() == errc::invalid_argument);
    CHECK(hex_decode(" 0").error() == errc::invalid_argument);
    CHECK(hex_decode("\xff\xff").error() == errc::invalid_argument);
}
