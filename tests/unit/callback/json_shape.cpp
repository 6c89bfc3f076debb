#include <ossify/callback/json_shape.hpp>
#include <ossify/callback/render.hpp>
#include <ossify/codec/json.hpp>

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

using namespace ossify;

namespace {

callback_fault shape(std::string_view text) { return detail::json_shape(text).check().kind; }

/// Whether a template is JSON once the service has filled it in.
bool renders_to_json(std::string_view text)
{
    callback_values values;
    values.set("object", "a \"b\"").set("size", 5U).set("imageInfo.width", 640U);
    return codec::parse_json(render_callback_body(text, callback_body_type::json, values)).has_value();
}

template<std::size_t N>
std::string random_template(std::mt19937& random, std::array<std::string_view, N> const& pieces)
{
    std::string out;
    for (auto left = std::uniform_int_distribution<std::size_t>(1, 9)(random); left != 0; --left)
        out += pieces[std::uniform_int_distribution<std::size_t>(0, N - 1)(random)];
    return out;
}

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

TEST_CASE("whatever fits is JSON once it is filled in")
{
    constexpr std::array<std::string_view, 26> pieces{
        "{",       "}",      "[",     "]",         ":",       ",",
        "\"",      "\"a\":", "\"b\"", "${object}", "${size}", "\"${imageInfo.width}\"",
        "{\"a\":", "[",      "]",     "}",         " ",       "\\n",
        "\\",      "-",      "0",     "12",        ".5",      "e3",
        "true",    "null"};
    std::mt19937 random(20160101);
    std::size_t fitting = 0;
    for (int i = 0; i != 200000; ++i) {
        auto const text = random_template(random, pieces);
        if (!fits(text))
            continue;
        ++fitting;
        if (!renders_to_json(text))
            FAIL_CHECK(text);
    }
    CHECK(fitting > 1000);
}

TEST_CASE("whatever is no JSON once it is filled in does not fit, and nothing else with texts only")
{
    constexpr std::array<std::string_view, 14> pieces{
        "{", "}", "[", "]", ":", ",", "\"a\":", "1", "\"b\"", "${object}", "{\"a\":", "[", "]", " "};
    std::mt19937 random(20160102);
    for (int i = 0; i != 100000; ++i) {
        auto const text = random_template(random, pieces);
        if (fits(text) != renders_to_json(text))
            FAIL_CHECK(text);
    }
}
