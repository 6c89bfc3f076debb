#include <ossify/callback/body.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

struct one_name {
    static constexpr std::array<std::string_view, 1> list{"user"};
};

}  // namespace

TEST_CASE("the options decide on type and strictness")
{
    CHECK(callback_body<detail::no_names>::type == callback_body_type::form);
    CHECK(callback_body<detail::no_names, as_json_t>::type == callback_body_type::json);
    CHECK_FALSE(callback_body<one_name, as_json_t>::allows_unused);
    CHECK(callback_body<one_name, as_json_t, allow_unused_variables_t>::allows_unused);
}

TEST_CASE("a literal that is fine is kept as it is")
{
    callback_body<one_name> const body("u=${x:user}");
    CHECK(body.text() == "u=${x:user}");
}

TEST_CASE("a constexpr view is as good as a literal")
{
    static constexpr std::string_view text = "o=${object}";
    callback_body<detail::no_names> const body(text);
    CHECK(body.text().data() == text.data());
}
