#include <ossify/codec/percent.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

using namespace ossify;
using namespace ossify::codec;
using namespace ossify::testing_support;

TEST_CASE("the vectors encode as published, with and without the slash")
{
    for (auto const& vector : vectors_of("url_encode")) {
        CAPTURE(vector.id());
        CHECK(percent_encode(vector.input("text")) == vector.expect("encode_all"));
        CHECK(percent_encode_path(vector.input("text")) == vector.expect("encode_keep_slash"));
    }
}

TEST_CASE("the vectors decode to what was encoded")
{
    for (auto const& vector : vectors_of("url_encode")) {
        CAPTURE(vector.id());
        CHECK(percent_decode(vector.expect("encode_all")).value() == vector.input("text"));
        CHECK(percent_decode(vector.expect("encode_keep_slash")).value() == vector.input("text"));
    }
}

TEST_CASE("every byte outside the unreserved set becomes an upper-case escape")
{
    for (int byte = 0; byte != 256; ++byte) {
        CAPTURE(byte);
        char const c = static_cast<char>(byte);
        bool const letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool const plain = letter_or_digit || c == '-' || c == '.' || c == '_' || c == '~';
        std::string const text = percent_encode({&c, 1});
        CHECK(text.size() == (plain ? 1 : 3));
        CHECK(percent_decode(text).value() == std::string(1, c));
    }
    CHECK(percent_encode("\n") == "%0A");
    CHECK(percent_encode("\xfe") == "%FE");
}

TEST_CASE("encoding appends to what is there")
{
    std::string out = "/bucket/";
    percent_encode_to(out, "a b/c", true);
    CHECK(out == "/bucket/a%20b/c");
}

TEST_CASE("plus stays plus outside a form and is a space inside one")
{
    CHECK(percent_decode("a+b%2B").value() == "a+b+");
    CHECK(form_decode("a+b%2B").value() == "a b+");
}

TEST_CASE("escapes of either case are decoded, once")
{
    CHECK(percent_decode("%2f%2F").value() == "//");
    CHECK(percent_decode("%252F").value() == "%2F");
    CHECK(percent_decode("%00").value() == std::string(1, '\0'));
}

TEST_CASE("a cut or bad escape is refused and located")
{
    for (char const* const text : {"%", "a%", "a%2", "%G0", "%0G", "%%41", "% 1", "%-1"}) {
        CAPTURE(text);
        CHECK(percent_decode(text).error() == errc::malformed_form);
        CHECK(form_decode(text).error() == errc::malformed_form);
    }
    // The view ends inside the escape, whatever stands behind it in memory.
    CHECK(percent_decode(std::string_view("a%41").substr(0, 3)).error() == errc::malformed_form);
    CHECK(percent_decode("abc%2").error().message() == "an escape at byte 3 without two hexadecimal digits");
}

TEST_CASE("a form keeps order and duplicates")
{
    form_fields const expected = {{"b", "1"}, {"a", "x y"}, {"b", "2"}};
    CHECK(parse_form("b=1&a=x+y&b=2").value() == expected);
}

TEST_CASE("names and values of a form are decoded after the split")
{
    form_fields const expected = {{"a&b", "c=d"}};
    CHECK(parse_form("a%26b=c%3Dd").value() == expected);
}

TEST_CASE("a form's value may hold equals signs, and a name may lack one")
{
    form_fields const expected = {{"a", "b=c"}, {"flag", ""}, {"", "x"}};
    CHECK(parse_form("a=b=c&flag&=x").value() == expected);
}

TEST_CASE("empty pieces of a form are left out")
{
    form_fields const expected = {{"a", "1"}, {"b", ""}};
    CHECK(parse_form("&a=1&&b=&").value() == expected);
    CHECK(parse_form("").value().empty());
}

TEST_CASE("a bad escape in a name or a value spoils the form")
{
    CHECK(parse_form("a=1&b%2=2").error() == errc::malformed_form);
    CHECK(parse_form("a=1&b=%zz").error() == errc::malformed_form);
}
