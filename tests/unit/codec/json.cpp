#include <ossify/codec/json.hpp>

#include <doctest/doctest.h>

#include <boost/json/static_resource.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

using namespace ossify;
using namespace ossify::codec;

TEST_CASE("JSON text is read whole, white space around it included")
{
    json::value const value = parse_json(" {\"a\":[1,true,null,\"x\"]}\r\n\t").value();
    CHECK(value.at("a").as_array().size() == 4);
}

TEST_CASE("a value lives where it is told to")
{
    unsigned char memory[256];
    boost::json::static_resource own(memory, sizeof memory);
    auto const value = parse_json(R"({"name":["a text that is longer than a short one"]})", &own).value();
    CHECK(*value.at("name").storage() == own);
    CHECK(value.at("name").at(0) == "a text that is longer than a short one");
}

TEST_CASE("integers of 64 bits stay exact")
{
    CHECK(parse_json("18446744073709551615").value() == std::numeric_limits<std::uint64_t>::max());
    CHECK(parse_json("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
    CHECK(to_json_text(parse_json("18446744073709551615").value()) == "18446744073709551615");
}

TEST_CASE("text that is no JSON is refused with the byte where reading stopped")
{
    CHECK(parse_json("{\"a\" 1}").error() == errc::malformed_json);
    CHECK(parse_json("{\"a\" 1}").error().message().starts_with("at byte 5: "));
    CHECK(parse_json("").error().message() == "at byte 0: empty text");
    CHECK(parse_json("{} x").error().message() == "at byte 3: text after the end of the value");
    CHECK(parse_json("[1").error().message().starts_with("at byte 2: "));
}

TEST_CASE("what only looks like JSON is refused")
{
    for (char const* const text : {" ",
                                   "{",
                                   "}",
                                   "[1,]",
                                   "{\"a\":1,}",
                                   "{a:1}",
                                   "{'a':1}",
                                   "nul",
                                   "True",
                                   "NaN",
                                   "Infinity",
                                   "-",
                                   "+1",
                                   "01",
                                   "1.",
                                   ".5",
                                   "0x10",
                                   "\"a",
                                   "\"\\x\"",
                                   "\"\\ud800\"",
                                   "\"a\nb\"",
                                   "// c\n1",
                                   "[1] [2]",
                                   "\xef\xbb\xbf{}",
                                   "\"\xff\"",
                                   "{\"a\":\"\"a.txt\"\"}",
                                   "{\"a\",\"b\"}"}) {
        CAPTURE(text);
        CHECK(parse_json(text).error() == errc::malformed_json);
    }
    CHECK(parse_json(std::string_view("{}\0", 3)).error() == errc::malformed_json);
}

TEST_CASE("nesting has a limit")
{
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parse_json(nested(32)).has_value());
    CHECK(parse_json(nested(33)).error() == errc::malformed_json);
    CHECK(parse_json(std::string(1000000, '[')).error() == errc::malformed_json);
}

TEST_CASE("of equal names the last one counts") { CHECK(parse_json("{\"a\":1,\"a\":2}").value().at("a") == 2); }

TEST_CASE("written JSON is compact, in the order of insertion, and escaped")
{
    json::value const value = {{"z", "quote \" slash / back \\"}, {"a", {1, nullptr, "\n\x01\xe4\xb8\xad"}}};
    CHECK(to_json_text(value) == "{\"z\":\"quote \\\" slash / back \\\\\",\"a\":[1,null,\"\\n\\u0001\xe4\xb8\xad\"]}");
}

TEST_CASE("a text is appended as a JSON string as a value of it is written, whatever its length")
{
    for (std::string_view const kind : {"a", "\"", "\x01", "\xe4\xb8\xad", "a\\"}) {
        std::string text;
        for (std::size_t bytes : {0, 1, 170, 340, 341, 511, 512, 1021, 1022, 1023, 1024, 1025, 2047, 5000}) {
            while (text.size() < bytes)
                text += kind;
            std::string out = "before:";
            append_json_string(out, text);
            CHECK(out == "before:" + to_json_text(json::value(json::string_view(text.data(), text.size()))));
            CHECK(parse_json(std::string_view(out).substr(7)).value() == json::string_view(text.data(), text.size()));
        }
    }
}
