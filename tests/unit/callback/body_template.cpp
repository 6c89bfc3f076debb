#include <ossify/callback/body_template.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string_view>
#include <vector>

using namespace ossify;

namespace {

constexpr std::array<std::string_view, 2> custom{"my_var1", "user_id"};

found_fault check_form(std::string_view body)
{
    return detail::check_body(body, callback_body_type::form, custom, true);
}
callback_fault form(std::string_view body) { return check_form(body).kind; }
callback_fault json(std::string_view body)
{
    return detail::check_body(body, callback_body_type::json, custom, true).kind;
}

}  // namespace

TEST_CASE("a template is cut into text and variables")
{
    template_reader reader("a=${bucket}&b=${x:v}");
    std::vector<std::string_view> texts;
    std::vector<bool> variables;
    std::vector<std::size_t> positions;
    template_piece piece;
    while (reader.next(piece)) {
        texts.push_back(piece.text);
        variables.push_back(piece.is_variable);
        positions.push_back(piece.position);
    }
    CHECK(texts == std::vector<std::string_view>{"a=", "bucket", "&b=", "x:v"});
    CHECK(variables == std::vector<bool>{false, true, false, true});
    CHECK(positions == std::vector<std::size_t>{0, 2, 11, 14});
    CHECK_FALSE(reader.fault());
}

TEST_CASE("a template without variables is one piece")
{
    template_reader reader("plain {text}");
    template_piece piece;
    CHECK(reader.next(piece));
    CHECK(piece.text == "plain {text}");
    CHECK_FALSE(reader.next(piece));
    CHECK_FALSE(reader.fault());
}

TEST_CASE("reading stops at a fault and stays there")
{
    template_reader reader("a${b");
    template_piece piece;
    CHECK(reader.next(piece));
    CHECK_FALSE(reader.next(piece));
    CHECK_FALSE(reader.next(piece));
    CHECK(reader.fault().kind == callback_fault::unclosed_variable);
    CHECK(reader.fault().position == 1);
}

TEST_CASE("the templates of the documentation are fine")
{
    CHECK(form("bucket=${bucket}&object=${object}") == callback_fault::none);
    CHECK(form("bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&imageInfo.height="
               "${imageInfo.height}&imageInfo.width=${imageInfo.width}&imageInfo.format=${imageInfo.format}&my_var="
               "${x:my_var1}") == callback_fault::none);
    CHECK(form("constant=1") == callback_fault::none);
    CHECK(json(R"({"bucket":${bucket},"object":${object}})") == callback_fault::none);
}

TEST_CASE("an empty body is a fault") { CHECK(form("") == callback_fault::empty_body); }

TEST_CASE("an unknown variable is a fault that says which one was meant")
{
    auto const fault = check_form("bucket=${buckett}");
    CHECK(fault.kind == callback_fault::unknown_variable);
    CHECK(fault.position == 7);
    CHECK(fault.text == "${buckett}");
    CHECK(system_variables[fault.meant].name == "bucket");
}

TEST_CASE("a custom variable that is not given is a fault that says which one was meant")
{
    auto const fault = check_form("a=${x:my_vr1}");
    CHECK(fault.kind == callback_fault::unknown_custom_variable);
    CHECK(fault.meant == system_variables.size());
}

TEST_CASE("a custom variable without its prefix is an unknown variable that was meant with it")
{
    auto const fault = check_form("a=${user_id}");
    CHECK(fault.kind == callback_fault::unknown_variable);
    CHECK(fault.meant == system_variables.size() + 1);
}

TEST_CASE("a custom variable with other characters is a fault")
{
    CHECK(form("${x:User}") == callback_fault::bad_custom_name);
    CHECK(form("${x:user-id}") == callback_fault::bad_custom_name);
    CHECK(form("${x:}") == callback_fault::bad_custom_name);
}

TEST_CASE("variables that are not well-formed are faults")
{
    CHECK(form("${object") == callback_fault::unclosed_variable);
    CHECK(form("${object&a=${size}") == callback_fault::unclosed_variable);
    CHECK(form("a${") == callback_fault::unclosed_variable);
    CHECK(form("${}") == callback_fault::nameless_variable);
    CHECK(form("a=$(object)") == callback_fault::round_bracket);
    CHECK(form("a=$(object") == callback_fault::round_bracket);
    CHECK(form("$") == callback_fault::lone_dollar);
    CHECK(form("price=$5") == callback_fault::lone_dollar);
    CHECK(form("$$${object}") == callback_fault::lone_dollar);
    CHECK(form("$%7Bobject}") == callback_fault::lone_dollar);
}

TEST_CASE("a closing brace alone is text") { CHECK(form("a=}") == callback_fault::none); }

TEST_CASE("a template that went through an encoder is a fault")
{
    CHECK(form("bucket=%24%7Bbucket%7D") == callback_fault::percent_encoded);
    CHECK(form("bucket=%24%7bbucket%7d") == callback_fault::percent_encoded);
    CHECK(form("100%24%7") == callback_fault::none);
    CHECK(form("price=%24%75") == callback_fault::none);
}

TEST_CASE("JSON as a form is a fault")
{
    CHECK(form(R"({"object":${object}})") == callback_fault::looks_like_json);
    CHECK(form("  {") == callback_fault::looks_like_json);
    CHECK(form("${object}") == callback_fault::none);
}

TEST_CASE("JSON that could not be JSON is a fault")
{
    CHECK(json(R"({"object":"${object}"})") == callback_fault::quoted_variable);
    CHECK(json(R"({"object",${object}})") == callback_fault::json_colon);
    CHECK(json("object=${object}") == callback_fault::json_value);
}

TEST_CASE("a fault of names comes before one of shape")
{
    CHECK(json(R"({"object":"${objct}")") == callback_fault::unknown_variable);
}

TEST_CASE("a variable that is never used is a fault unless that is meant")
{
    auto const fault = detail::check_body("a=${x:my_var1}", callback_body_type::form, custom, false);
    CHECK(fault.kind == callback_fault::unused_variable);
    CHECK(fault.text == "user_id");
    CHECK_FALSE(detail::check_body("a=${x:my_var1}", callback_body_type::form, custom, true));
    CHECK_FALSE(detail::check_body("a=${x:my_var1}${x:user_id}", callback_body_type::form, custom, false));
}

TEST_CASE("text must be UTF-8")
{
    CHECK(form("name=\xe5\xbc\xa0&emoji=\xf0\x9f\x98\x80") == callback_fault::none);
    CHECK(form("a=\xff") == callback_fault::not_utf8);
    CHECK(form("a=\xe5\xbc") == callback_fault::not_utf8);          // cut short
    CHECK(form("a=\xc0\xaf") == callback_fault::not_utf8);          // overlong
    CHECK(form("a=\xe0\x80\xaf") == callback_fault::not_utf8);      // overlong
    CHECK(form("a=\xed\xa0\x80") == callback_fault::not_utf8);      // surrogate
    CHECK(form("a=\xf4\x90\x80\x80") == callback_fault::not_utf8);  // beyond the last code point
    CHECK(form("a=\xf0\x80\x80\x80") == callback_fault::not_utf8);  // overlong
    CHECK(form("a=\x80") == callback_fault::not_utf8);              // continuation without a start
}

TEST_CASE("the body types have the service's names")
{
    CHECK(to_string(callback_body_type::form) == "application/x-www-form-urlencoded");
    CHECK(to_string(callback_body_type::json) == "application/json");
}
