#include <ossify/callback/render.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vectors.hpp>

using namespace ossify;
using ossify::testing_support::vectors_of;

namespace {

std::string form(std::string_view body, callback_values const& values)
{
    return render_callback_body(body, callback_body_type::form, values);
}
std::string as_json_body(std::string_view body, callback_values const& values)
{
    return render_callback_body(body, callback_body_type::json, values);
}

callback_body_type body_type_of(testing_support::test_vector const& vector)
{
    return vector.input("callbackBodyType") == "application/json" ? callback_body_type::json : callback_body_type::form;
}

callback_values values_of(json::object const& variables)
{
    callback_values values;
    for (auto const& member : variables) {
        if (member.value().is_string())
            values.set(member.key(), member.value().as_string());
        else if (!member.value().is_null())
            values.set(member.key(), member.value().to_number<std::uint64_t>());
    }
    return values;
}

}  // namespace

TEST_CASE("the vectors render to what the service sent")
{
    for (auto const& vector : vectors_of("callback_body_render")) {
        CAPTURE(vector.id());
        auto const values = values_of(vector.inputs().at("variables").as_object());
        CHECK(render_callback_body(vector.input("callbackBody"), body_type_of(vector), values) ==
              vector.expect("body"));
    }
}

TEST_CASE("a changed byte of a template changes what is rendered")
{
    for (auto const& vector : vectors_of("callback_body_render")) {
        CAPTURE(vector.id());
        auto const type = body_type_of(vector);
        auto const& variables = vector.inputs().at("variables").as_object();
        auto const values = values_of(variables);
        auto const body = vector.input("callbackBody");
        for (std::size_t i = 0; i != body.size(); ++i) {
            // One name without a value is as good as another.
            auto const before = body.rfind('{', i);
            auto const name = before < i ? body.substr(before + 1, body.find('}', before) - before - 1) : std::string();
            if (variables.contains(name) && variables.at(name).is_null() && before + name.size() >= i)
                continue;
            auto changed = body;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            CHECK(render_callback_body(changed, type, values) != vector.expect("body"));
        }
    }
}

TEST_CASE("a changed byte of a value changes what is rendered")
{
    for (auto const& vector : vectors_of("callback_body_render")) {
        CAPTURE(vector.id());
        auto variables = vector.inputs().at("variables").as_object();
        for (auto& member : variables) {
            if (!member.value().is_string())
                continue;
            auto const text = member.value().as_string();
            for (std::size_t i = 0; i != text.size(); ++i) {
                member.value().as_string()[i] = static_cast<char>(text[i] ^ 1);
                CHECK(render_callback_body(vector.input("callbackBody"), body_type_of(vector), values_of(variables)) !=
                      vector.expect("body"));
                member.value() = text;
            }
        }
    }
}

TEST_CASE("a form's values are percent-encoded, its constants are not")
{
    callback_values values;
    values.set("object", "a/b c&d=\xe5\xbc\xa0_.-~");
    CHECK(form("x:k /=${object}", values) == "x:k /=a%2Fb%20c%26d%3D%E5%BC%A0_.-~");
}

TEST_CASE("JSON texts bring their quotes and are escaped, numbers are bare")
{
    callback_values values;
    values.set("object", "a/\"b\"\\\n\x01").set("size", 18446744073709551615U);
    CHECK(as_json_body(R"({"o":${object},"s":${size}})", values) ==
          R"({"o":"a/\"b\"\\\n\u0001","s":18446744073709551615})");
}

TEST_CASE("substitution is textual, inside quotes too")
{
    callback_values values;
    values.set("imageInfo.width", 810U).set("imageInfo.height", 539U).set("object", "a.txt");
    CHECK(as_json_body(R"({"pic_info":"${imageInfo.width},${imageInfo.height}"})", values) ==
          R"({"pic_info":"810,539"})");
    CHECK(as_json_body(R"({"o":"${object}"})", values) == R"({"o":""a.txt""})");
}

TEST_CASE("a number in a form is bare")
{
    callback_values values;
    values.set("size", 5U);
    CHECK(form("size=${size}", values) == "size=5");
}

TEST_CASE("what has no value is empty in a form and null in JSON")
{
    callback_values const none;
    CHECK(form("h=${imageInfo.height}&u=${x:user}", none) == "h=&u=");
    CHECK(as_json_body(R"({"i":${imageInfo}})", none) == R"({"i":null})");
}

TEST_CASE("what stands for missing values can be chosen")
{
    missing_values missing;
    missing.in_json = "";
    CHECK(render_callback_body(R"({"h":"${imageInfo.height}"})", callback_body_type::json, {}, missing) ==
          R"({"h":""})");
}

TEST_CASE("custom variables are texts")
{
    callback_values values;
    values.set("x:n", "7");
    CHECK(as_json_body("[${x:n}]", values) == R"(["7"])");
    CHECK(form("n=${x:n}", values) == "n=7");
}

TEST_CASE("from a syntax fault on the template is copied")
{
    callback_values values;
    values.set("size", 5U);
    CHECK(form("a=${size}&b=$5&c=${size}", values) == "a=5&b=$5&c=${size}");
}
