#include <ossify/callback/service_parameters.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vectors.hpp>

using namespace ossify;
using ossify::testing_support::vectors_of;

namespace {

parameter_refusal refusal(std::string_view json, std::string_view variables = {})
{
    auto const parsed = parse_callback_parameters(codec::base64_encode(json), codec::base64_encode(variables));
    return parsed ? parameter_refusal() : parsed.error();
}

std::string with_url(std::string const& url) { return R"({"callbackBody":"a=1","callbackUrl":)" + url + "}"; }
std::string with(std::string const& members) { return R"({"callbackUrl":"http://a",)" + members + "}"; }

}  // namespace

TEST_CASE("the vectors are read as they are documented")
{
    for (auto const& vector : vectors_of("callback_base64")) {
        CAPTURE(vector.id());
        auto const& decoded = vector.expected().at("decoded").as_object();
        CHECK(codec::parse_json(codec::base64_decode(vector.expect("base64")).value()).value() == json::value(decoded));
        CHECK(codec::parse_json(vector.input("json_text")).value() == json::value(decoded));
        if (!decoded.contains("callbackBody")) {
            auto const parsed = parse_callback_parameters(codec::base64_encode(with(R"("callbackBody":"a=1")")),
                                                          vector.expect("base64"));
            CHECK(parsed.value().variables.size() == decoded.size());
            for (auto const& [name, value] : parsed.value().variables)
                CHECK(decoded.at(name) == json::value(value));
        } else if (vector.input("json_text").find("$(") == std::string::npos) {
            auto const parsed = parse_callback_parameters(vector.expect("base64"));
            CHECK(parsed.value().body == decoded.at("callbackBody").as_string().c_str());
            CHECK(parsed.value().urls.size() == 1);
            CHECK(parsed.value().urls[0].ends_with(decoded.at("callbackUrl").as_string().c_str()));
            CHECK(parsed.value().sni == decoded.contains("callbackSNI"));
        }
    }
}

TEST_CASE("a changed byte of the Base64 text is noticed")
{
    for (auto const& vector : vectors_of("callback_base64")) {
        CAPTURE(vector.id());
        auto const expected = json::value(vector.expected().at("decoded"));
        auto const text = vector.expect("base64");
        for (std::size_t i = 0; i != text.size(); ++i) {
            auto changed = text;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            auto const bytes = codec::base64_decode(changed);
            auto const read = bytes ? codec::parse_json(*bytes) : result<json::value>(bytes.error());
            // Between two members any white space means the same.
            bool const same = read && *read == expected;
            if (same)
                CHECK(*bytes != vector.input("json_text"));
            else
                CHECK_FALSE(same);
        }
    }
}

TEST_CASE("the official example with round brackets is refused as the service does it")
{
    for (auto const& vector : vectors_of("callback_base64"))
        if (vector.input("json_text").find("$(") != std::string::npos) {
            auto const refused = parse_callback_parameters(vector.expect("base64")).error();
            CHECK(refused.message == "Left brace must be adjacent to dollar sign.");
            CHECK(refused.ec == "0007-00000105");
            CHECK(refused.argument_name == "ReplaceKeyPrefix");
            CHECK(refused.argument_value == "filename=$(filename)&table=${x:table}");
        }
}

TEST_CASE("defaults are those of the documentation")
{
    auto const parsed = parse_callback_parameters(codec::base64_encode(with(R"("callbackBody":"a=1")"))).value();
    CHECK(parsed.body_type == callback_body_type::form);
    CHECK(parsed.host.empty());
    CHECK_FALSE(parsed.sni);
    CHECK(parsed.variables.empty());
}

TEST_CASE("all members are read")
{
    auto const parsed =
        parse_callback_parameters(
            codec::base64_encode(
                R"({"callbackUrl":"http://a;b.example:81/x","callbackHost":"h","callbackBody":"{\"o\":${object}}","callbackBodyType":"application/json","callbackSNI":true,"other":1})"),
            codec::base64_encode(R"({"x:a":"1","x:b-c":"2"})"))
            .value();
    CHECK(parsed.urls == std::vector<std::string>{"http://a", "http://b.example:81/x"});
    CHECK(parsed.host == "h");
    CHECK(parsed.body == R"({"o":${object}})");
    CHECK(parsed.body_type == callback_body_type::json);
    CHECK(parsed.sni);
    CHECK(parsed.variables == std::vector<callback_variable>{{"x:a", "1"}, {"x:b-c", "2"}});
}

TEST_CASE("text that is no Base64 is refused")
{
    auto const refused = parse_callback_parameters("{not base64}").error();
    CHECK(refused.message == "The callback configuration is not base64 encoded.");
    CHECK(refused.ec == "0007-00000002");
    CHECK(refused.argument_name == "callback");
    CHECK(refused.argument_value == "{not base64}");
}

TEST_CASE("text that is no JSON object is refused, and quoted decoded")
{
    auto const refused = refusal(R"({"callbackUrl":"http://a","callbackBody":"{"a":1}"})");
    CHECK(refused.message == "The callback configuration is not json format.");
    CHECK(refused.ec == "0007-00000003");
    CHECK(refused.argument_value == R"({"callbackUrl":"http://a","callbackBody":"{"a":1}"})");
    CHECK(refusal("[]").ec == "0007-00000003");
    CHECK(refusal("").ec == "0007-00000003");
}

TEST_CASE("URLs that are missing, no text, or no URLs are refused")
{
    for (char const* const url :
         {"null", "1", "\"\"", "\"http://\"", "\"host:test\"", "\"http://a;\"", "\"ftp://a\""}) {
        CAPTURE(url);
        auto const refused = refusal(with_url(url));
        CHECK(refused.message == "The callback url configuration is invalid.");
        CHECK(refused.ec == "0007-00000004");
    }
    CHECK(refusal(R"({"callbackBody":"a"})").ec == "0007-00000004");
}

TEST_CASE("more than five URLs are refused")
{
    auto const refused = refusal(with_url("\"a;b;c;d;e;f\""));
    CHECK(refused.message == "The number of callback url exceed max value.");
    CHECK(refused.ec == "0007-00000005");
}

TEST_CASE("members of the wrong type are refused, each with its message")
{
    CHECK(refusal(with(R"("callbackHost":1,"callbackBody":"a")")).message ==
          "The callback host configuration is invalid.");
    CHECK(refusal(with(R"("callbackBody":1)")).message == "The callback body is invalid.");
    CHECK(refusal(with(R"("callbackBody":"")")).message == "The callback body is empty.");
    CHECK(refusal(with(R"("x":1)")).message == "The callback body is empty.");
    CHECK(refusal(with(R"("callbackBody":"a","callbackBodyType":1)")).message ==
          "The callback body type configuration is invalid.");
    CHECK(refusal(with(R"("callbackBody":"a","callbackBodyType":"text/plain")")).message ==
          "The body type of callback is not supported.");
    CHECK(refusal(with(R"("callbackBody":"a","callbackSNI":"true")")).message == "The callback sni is invalid.");
    CHECK(refusal(with(R"("callbackBody":"a","callbackSNI":1)")).message == "The callback sni is invalid.");
}

TEST_CASE("variables must map texts to texts, with lower-case names that begin with x:")
{
    auto const fine = with(R"("callbackBody":"a")");
    for (char const* const variables :
         {"[]", R"({"x:a":1})", R"({"a":"1"})", R"({"x:A":"1"})", R"({"x:":"1"})", R"({"X:a":"1"})"}) {
        CAPTURE(variables);
        auto const refused = refusal(fine, variables);
        CHECK(refused.message == "The callback var is not expecten json.");
        CHECK(refused.ec == "0007-00000105");
        CHECK(refused.argument_name == "callback-var");
        CHECK(refused.argument_value == variables);
    }
    CHECK(refusal(fine, "{").ec == "0007-00000103");
    CHECK(parse_callback_parameters(codec::base64_encode(fine), "?").error().ec == "0007-00000002");
}

TEST_CASE("a dollar sign without a brace is refused")
{
    CHECK(refusal(with(R"("callbackBody":"a=$5")")).message == "Left brace must be adjacent to dollar sign.");
    CHECK(refusal(with(R"("callbackBody":"a=${unknown}")")).message.empty());
}

TEST_CASE("both texts are limited to 5 KB")
{
    std::string const longest(5120, 'A');
    CHECK(parse_callback_parameters(longest).error().ec == "0007-00000003");
    CHECK(parse_callback_parameters(longest + "A").error().message == "The length of callback exceed max value.");
    CHECK(parse_callback_parameters("e30=", longest + "A").error().message ==
          "The length of callback var exceed max value.");
}

TEST_CASE("the checks come in the documented order")
{
    std::string json = R"({"callbackUrl":1,"callbackHost":1,"callbackBody":1,"callbackBodyType":1,"callbackSNI":1})";
    auto const fix = [&json](std::string const& member, std::string const& value) {
        auto const at = json.find('"' + member + "\":1");
        json.replace(at + member.size() + 3, 1, value);
    };
    CHECK(refusal(json, "[]").message == "The callback url configuration is invalid.");
    fix("callbackUrl", "\"http://a\"");
    CHECK(refusal(json, "[]").message == "The callback host configuration is invalid.");
    fix("callbackHost", "\"h\"");
    CHECK(refusal(json, "[]").message == "The callback body is invalid.");
    fix("callbackBody", "\"$\"");
    CHECK(refusal(json, "[]").message == "The callback body type configuration is invalid.");
    fix("callbackBodyType", "\"application/json\"");
    CHECK(refusal(json, "[]").message == "The callback sni is invalid.");
    fix("callbackSNI", "true");
    CHECK(refusal(json, "[]").message == "The callback var is not expecten json.");
    CHECK(refusal(json).message == "Left brace must be adjacent to dollar sign.");
}

TEST_CASE("the value of a refusal throws its message")
{
    CHECK_THROWS_AS(parse_callback_parameters("?").value(), error);
}
