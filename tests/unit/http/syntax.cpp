#include <ossify/http/syntax.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ossify::http;

static_assert(iequals("Content-Length", "content-LENGTH"));
static_assert(!iequals("Content-Length", "Content-Lengths"));
static_assert(!iequals("^", "~"), "these differ by the bit that makes letters lower case");
static_assert(is_token("x-oss-meta-a_b.c~"));
static_assert(!is_token(""));
static_assert(!is_token("a b"));
static_assert(!is_token("a:"));
static_assert(!is_token("a\x80"));
static_assert(is_valid_target("/a%20b?c=d"));
static_assert(!is_valid_target(""));
static_assert(!is_valid_target("/a b"));
static_assert(!is_valid_target("/a\tb"));
static_assert(!is_valid_target("/a\x7f"));
static_assert(trim(" \ta b\t ") == "a b");
static_assert(trim(" \t ").empty());

TEST_CASE("every control but a tab is refused in a value, wherever it stands")
{
    for (int c = 0; c != 256; ++c) {
        bool const allowed = c == '\t' || (c >= 0x20 && c != 0x7f);
        for (std::size_t const length : {1u, 7u, 8u, 9u, 17u})
            for (std::size_t at = 0; at != length; ++at) {
                std::string value(length, 'v');
                value[at] = static_cast<char>(c);
                CHECK(is_valid_value(value) == allowed);
            }
    }
}

TEST_CASE("an empty value is valid")
{
    CHECK(is_valid_value(""));
}

TEST_CASE("the elements of a list come trimmed and without empty ones")
{
    std::vector<std::string> seen;
    for_each_element(" a ,, b\t,c , ", [&](std::string_view e) { seen.emplace_back(e); });
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a decimal number is digits only")
{
    CHECK(parse_decimal("0") == 0);
    CHECK(parse_decimal("007") == 7);
    CHECK_FALSE(parse_decimal(""));
    CHECK_FALSE(parse_decimal("+1"));
    CHECK_FALSE(parse_decimal("-1"));
    CHECK_FALSE(parse_decimal(" 1"));
    CHECK_FALSE(parse_decimal("1 "));
    CHECK_FALSE(parse_decimal("0x1"));
    CHECK_FALSE(parse_decimal("1,1"));
}

TEST_CASE("a decimal number has at most 64 bits")
{
    CHECK(parse_decimal("18446744073709551615") == 18446744073709551615ULL);
    CHECK_FALSE(parse_decimal("18446744073709551616"));
    CHECK_FALSE(parse_decimal("99999999999999999999999"));
}
