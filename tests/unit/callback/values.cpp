#include <ossify/callback/values.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

using namespace ossify;
using detail::to_variable_text;

namespace {

struct many {
    std::string text = "t";
    std::uint64_t number = 7;
    std::optional<bool> flag;
};
BOOST_DESCRIBE_STRUCT(many, (), (text, number, flag))

}  // namespace

TEST_CASE("texts stay as they are")
{
    CHECK(to_variable_text(std::string("a b")) == "a b");
    CHECK(to_variable_text(std::string_view("x")) == "x");
    CHECK(to_variable_text(static_cast<char const*>("lit")) == "lit");
    CHECK(to_variable_text('c') == "c");
}

TEST_CASE("integers keep all their digits")
{
    CHECK(to_variable_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(to_variable_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(to_variable_text(static_cast<std::uint8_t>(7)) == "7");
}

TEST_CASE("floating-point numbers are as short as reading them back allows")
{
    CHECK(to_variable_text(0.1) == "0.1");
    CHECK(to_variable_text(1.5F) == "1.5");
}

TEST_CASE("booleans are words")
{
    CHECK(to_variable_text(true) == "true");
    CHECK(to_variable_text(false) == "false");
}

TEST_CASE("an empty optional is empty text")
{
    CHECK(to_variable_text(std::optional<int>()).empty());
    CHECK(to_variable_text(std::optional<int>(3)) == "3");
}

TEST_CASE("the members of a struct become variables in order")
{
    auto const list = detail::to_variables(many());
    CHECK(list == std::vector<callback_variable>{{"x:text", "t"}, {"x:number", "7"}, {"x:flag", ""}});
}
