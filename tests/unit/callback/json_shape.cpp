#include <ossify/callback/json_shape.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ossify;

namespace {

callback_fault shape(std::string_view text) { return detail::json_shape(text).check().kind; }

bool fits(std::string_view text) { return shape(text) == callback_fault::none; }

}  // namespace

TEST_CASE("JSON without variables fits")
{
    CHECK(fits(R"({})"));
    CHECK(fits(R"([])"));
    CHECK(fits(R"( { "a" : [ 1 , -2.5e+3 , true , false , null , "x" , {} ] } )"));
    CHECK(fits(R"("text")"));
    CHECK(fits("0"));
}

TEST_CASE("a variable outside quotes is a value")
{
    CHECK(fits(R"({"object":${object},"size":${size},"user":${x:user}})"));
    CHECK(fits(R"([${object},${size}])"));
    CHECK(fits(R"(${object})"));
}

TEST_CASE("a number inside quotes is text")
{
    CHECK(fits(R"({"pic_info":"${imageInfo.width},${imageInfo.height}"})"));
    CHECK(fits(R"({"crc":"${crc64}"})"));
}

TEST_CASE("a text variable inside quotes is a fault")
{
    CHECK(shape(R"({"o":"${object}"})") == callback_fault::quoted_variable);
    CHECK(shape(R"({"o":"prefix/${object}"})") == callback_fault::quoted_variable);
    CHECK(shape(R"({"u":"${x:user}"})") == callback_fault::quoted_variable);
}

TEST_CASE("a fault names the variable and its place")
{
    auto const fault = detail::json_shape(R"({"o":"${object}"})").check();
    CHECK(fault.text == "${object}");
    CHECK(fault.position == 6);
}

TEST_CASE("a text variable can be a key, a number cannot")
{
    CHECK(fits(R"({${object}:1})"));
    CHECK(shape(R"({${size}:1})") == callback_fault::json_key);
}

TEST_CASE("what is missing between values is a fault")
{
    CHECK(shape(R"({"a",1})") == callback_fault::json_colon);
    CHECK(shape(R"({"a":1 "b":2})") == callback_fault::json_comma);
    CHECK(shape(R"({"a":${object}${size}})") == callback_fault::json_comma);
    CHECK(shape(R"({"a":${size}0})") == callback_fault::json_comma);
    CHECK(shape(R"([1 2])") == callback_fault::json_comma);
    CHECK(shape(R"({a:1})") == callback_fault::json_key);
    CHECK(shape(R"({"a":1,})") == callback_fault::json_key);
    CHECK(shape(R"([1,])") == callback_fault::json_value);
    CHECK(shape(R"({"a":})") == callback_fault::json_value);
}

TEST_CASE("brackets and quotes that stay open are a fault")
{
    CHECK(shape(R"({"a":1)") == callback_fault::json_unclosed);
    CHECK(shape(R"({"a")") == callback_fault::json_unclosed);
    CHECK(shape(R"({)") == callback_fault::json_unclosed);
    CHECK(shape(R"([)") == callback_fault::json_unclosed);
    CHECK(shape(R"(["a)") == callback_fault::json_unclosed);
    CHECK(shape("") == callback_fault::json_unclosed);
}

TEST_CASE("brackets that do not match are a fault")
{
    CHECK(shape(R"({"a":[1}])") == callback_fault::json_comma);
    CHECK(shape(R"([1})") == callback_fault::json_comma);
}

TEST_CASE("text after the value is a fault")
{
    CHECK(shape(R"({}})") == callback_fault::json_trailing);
    CHECK(shape(R"(${object}&size=${size})") == callback_fault::json_trailing);
}

TEST_CASE("a form is no JSON") { CHECK(shape("object=${object}&size=${size}") == callback_fault::json_value); }

TEST_CASE("words and numbers are checked to their ends")
{
    CHECK(shape("tru") == callback_fault::json_value);
    CHECK(shape("True") == callback_fault::json_value);
    CHECK(shape("-") == callback_fault::json_unclosed);
    CHECK(shape("[-]") == callback_fault::json_value);
    CHECK(shape("[1.]") == callback_fault::json_value);
    CHECK(shape("[1e]") == callback_fault::json_value);
    CHECK(shape("[01]") == callback_fault::json_comma);
    CHECK(shape("[truefalse]") == callback_fault::json_comma);
}

TEST_CASE("escapes are those of JSON")
{
    CHECK(fits(R"(["\"\\\/\b\f\n\r\t\u00e9\u0024{object}"])"));
    CHECK(shape(R"(["\x"])") == callback_fault::json_escape);
    CHECK(shape(R"(["\u12g4"])") == callback_fault::json_escape);
    CHECK(shape(R"(["\u12)") == callback_fault::json_escape);
}

TEST_CASE("control characters in quotes are a fault")
{
    CHECK(shape("[\"a\nb\"]") == callback_fault::json_control);
    CHECK(shape("[\"a\tb\"]") == callback_fault::json_control);
}

TEST_CASE("nesting is limited to what readers take")
{
    CHECK(fits(std::string(32, '[') + std::string(32, ']')));
    CHECK(shape(std::string(33, '[') + std::string(33, ']')) == callback_fault::json_depth);
}
