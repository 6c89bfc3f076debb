#include <ossify/codec/base64.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace ossify;
using namespace ossify::codec;
using namespace ossify::testing_support;

TEST_CASE("the examples of RFC 4648 encode and decode")
{
    std::pair<char const*, char const*> const examples[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};
    for (auto const& [bytes, text] : examples) {
        CHECK(base64_encode(bytes) == text);
        CHECK(base64_decode(text).value() == bytes);
    }
}

TEST_CASE("the callback parameters of the vectors encode to the published text")
{
    for (auto const& vector : vectors_of("callback_base64")) {
        CAPTURE(vector.id());
        CHECK(base64_encode(vector.input("json_text")) == vector.expect("base64"));
        CHECK(base64_decode(vector.expect("base64")).value() == vector.input("json_text"));
    }
}

TEST_CASE("every byte value at every position survives the way there and back")
{
    std::mt19937 random(1);
    std::uniform_int_distribution<int> byte(0, 255);
    for (std::size_t size = 0; size != 200; ++size) {
        std::string bytes(size, '\0');
        for (char& c : bytes)
            c = static_cast<char>(byte(random));
        std::string const text = base64_encode(bytes);
        REQUIRE(text.size() == base64_encoded_size(size));
        REQUIRE(base64_decode(text).value() == bytes);
    }
}

TEST_CASE("the last characters of the alphabet are plus and slash")
{
    CHECK(base64_encode("\xfb\xff\xfe") == "+//+");
    CHECK(base64_decode("-__-").error() == errc::malformed_base64);
}

TEST_CASE("Base64 that is cut, padded wrongly or followed by anything is refused")
{
    for (char const* const text : {"Zg", "Zg=", "Zm9", "Z", "=", "==", "====", "Z===", "Zm9v=", "Zm9v====", "Zg==Zg==",
                                   "Zm=v", "=Zm9", "Zm9vY", "Zg==\n"}) {
        CAPTURE(text);
        CHECK(base64_decode(text).error() == errc::malformed_base64);
    }
}

TEST_CASE("white space and other characters are refused and located")
{
    CHECK(base64_decode("Zm9vYm\ny").error().message() == "a character outside the alphabet at byte 6");
    CHECK(base64_decode(" m8=").error().message() == "a character outside the alphabet at byte 0");
    CHECK(base64_decode("\xff\xff==").error() == errc::malformed_base64);
    CHECK(base64_decode(std::string_view("Zm\0v", 4)).error() == errc::malformed_base64);
}

TEST_CASE("bits that the padding throws away must be zero, so that a value has one text only")
{
    CHECK(base64_decode("Zg==").has_value());
    CHECK(base64_decode("Zh==").error() == errc::malformed_base64);
    CHECK(base64_decode("Zm8=").has_value());
    CHECK(base64_decode("Zm9=").error() == errc::malformed_base64);
}
