#include <ossify/codec/describe.hpp>

#include <doctest/doctest.h>

#include <array>
#include <limits>

using namespace ossify;
using namespace ossify::codec;

namespace {

struct size_of_image {
    std::optional<std::uint32_t> width;
    std::optional<std::uint32_t> height;
};
BOOST_DESCRIBE_STRUCT(size_of_image, (), (width, height))

struct order_base {
    int version = 4;
};
BOOST_DESCRIBE_STRUCT(order_base, (), (version))

struct order : order_base {
    std::string id = "none";
    std::uint64_t crc64 = 0;
    std::int8_t small = 7;
    double price = 1.5;
    bool paid = false;
    std::optional<std::string> note;
    std::optional<bool> gift;
    std::vector<size_of_image> images;
    std::vector<std::string> tags;
    json::value extra;
};
BOOST_DESCRIBE_STRUCT(order, (order_base), (id, crc64, small, price, paid, note, gift, images, tags, extra))

struct form_order {
    std::string id = "none";
    std::uint64_t crc64 = 9;
    std::optional<std::uint32_t> width;
    std::optional<std::string> note;
    std::vector<std::string> tags;
    std::vector<bool> flags;
    bool paid = true;
    double price = 1.5;
};
BOOST_DESCRIBE_STRUCT(form_order, (), (id, crc64, width, note, tags, flags, paid, price))

struct no_description {
    int a;
};

struct no_default {
    explicit no_default(int) {}
    int a = 0;
};
BOOST_DESCRIBE_STRUCT(no_default, (), (a))

result<order> read(char const* text) { return from_json<order>(parse_json(text).value()); }
result<form_order> read_form(char const* text) { return from_form<form_order>(parse_form(text).value()); }

}  // namespace

static_assert(described<order>);
static_assert(!described<no_description>);
static_assert(!described<no_default>);
static_assert(!described<std::string>);
static_assert(!described<int>);
static_assert(member_count<order>() == 11);
static_assert(member_count<size_of_image>() == 2);
static_assert(member_name<size_of_image, 1>() == "height");
static_assert(member_name<order, 0>() == "version");

TEST_CASE("the members of a struct are visited in order, those of its base first")
{
    std::string names;
    for_each_member<order>([&](std::string_view name, auto) { names.append(name).append(" "); });
    CHECK(names == "version id crc64 small price paid note gift images tags extra ");
}

TEST_CASE("a pointer to a member reaches the member")
{
    size_of_image image;
    for_each_member<size_of_image>([&](std::string_view, auto member) { image.*member = 5; });
    CHECK(image.width == 5);
    CHECK(image.height == 5);
}

TEST_CASE("JSON fills every kind of member")
{
    order const o = read(R"({"version":5,"id":"A-1","crc64":18446744073709551615,"small":-128,"price":2.25,"paid":true,
                             "note":"n","gift":false,"images":[{"width":1,"height":2},{"width":3}],"tags":["x","y"],
                             "extra":{"k":[1]}})")
                        .value();
    CHECK(o.version == 5);
    CHECK(o.id == "A-1");
    CHECK(o.crc64 == std::numeric_limits<std::uint64_t>::max());
    CHECK(o.small == -128);
    CHECK(o.price == 2.25);
    CHECK(o.paid);
    CHECK(o.note == "n");
    CHECK(o.gift == false);
    REQUIRE(o.images.size() == 2);
    CHECK(o.images[0].height == 2u);
    CHECK(o.images[1].width == 3u);
    CHECK_FALSE(o.images[1].height.has_value());
    CHECK(o.tags == std::vector<std::string>{"x", "y"});
    CHECK(to_json_text(o.extra) == R"({"k":[1]})");
}

TEST_CASE("missing members and null keep the defaults, unknown members are ignored")
{
    for (char const* const text :
         {"{}", R"({"id":null,"small":null,"price":null,"paid":null,"note":null,"images":null,"tags":null})",
          R"({"other":{"deep":[1,2]}})"}) {
        CAPTURE(text);
        order const o = read(text).value();
        CHECK(o.id == "none");
        CHECK(o.small == 7);
        CHECK(o.price == 1.5);
        CHECK_FALSE(o.paid);
        CHECK_FALSE(o.note.has_value());
        CHECK(o.images.empty());
    }
}

TEST_CASE("a number may come as a string, with all 64 bits")
{
    order const o =
        read(R"({"crc64":"18446744073709551615","small":"-5","price":"1e3","paid":"true","gift":"0"})").value();
    CHECK(o.crc64 == std::numeric_limits<std::uint64_t>::max());
    CHECK(o.small == -5);
    CHECK(o.price == 1000);
    CHECK(o.paid);
    CHECK(o.gift == false);
}

TEST_CASE("an empty string counts as null where a number is meant, and as text where text is meant")
{
    order const o = read(R"({"small":"","price":"","paid":"","gift":"","note":"","images":[{"width":""}]})").value();
    CHECK(o.small == 7);
    CHECK(o.price == 1.5);
    CHECK_FALSE(o.gift.has_value());
    CHECK(o.note == "");
    CHECK_FALSE(o.images.at(0).width.has_value());
}

TEST_CASE("an integer or boolean may fill a string")
{
    order const o = read(R"({"id":18446744073709551615,"note":-3,"tags":[true,1]})").value();
    CHECK(o.id == "18446744073709551615");
    CHECK(o.note == "-3");
    CHECK(o.tags == std::vector<std::string>{"true", "1"});
}

TEST_CASE("a whole number written as a fraction fills an integer")
{
    CHECK(read(R"({"small":3.0})").value().small == 3);
    CHECK(read(R"({"crc64":1e3})").value().crc64 == 1000);
    CHECK(read(R"({"price":7})").value().price == 7);
}

TEST_CASE("a value that does not fit is named with its member and what was found")
{
    auto const message = [](char const* text) { return read(text).error().message(); };
    CHECK(message(R"({"small":128})") ==
          "member \"small\": expected a number in the range of its member, found the number 128");
    CHECK(message(R"({"small":"128"})") ==
          "member \"small\": expected a number in the range of its member, found \"128\"");
    CHECK(message(R"({"crc64":-1})") ==
          "member \"crc64\": expected a number in the range of its member, found the number -1");
    CHECK(message(R"({"crc64":1.5})") == "member \"crc64\": expected an integer, found the number 1.5E0");
    CHECK(message(R"({"crc64":"12x"})") == "member \"crc64\": expected an integer, found \"12x\"");
    CHECK(message(R"({"price":[]})") == "member \"price\": expected a number, found an array");
    CHECK(message(R"({"paid":"yes"})") == "member \"paid\": expected true or false, found \"yes\"");
    CHECK(message(R"({"id":{}})") == "member \"id\": expected a string, found an object");
    CHECK(message(R"({"tags":"x"})") == "member \"tags\": expected an array, found \"x\"");
    CHECK(message(R"({"images":[{},{"width":true}]})") ==
          "member \"images[1].width\": expected an integer, found a boolean");
    CHECK(message("[]") == "expected an object, found an array");
    CHECK(read("[]").error() == errc::malformed_json);
}

TEST_CASE("a message shows the start of a long text only, without control characters")
{
    CHECK(read(R"({"crc64":"a\nbcdefghijklmnopqrstuvwxyz"})").error().message() ==
          "member \"crc64\": expected an integer, found \"a?bcdefghijklmnopqrstuvw...\"");
}

TEST_CASE("numbers that only resemble numbers are refused")
{
    for (char const* const text :
         {R"({"crc64":" 1"})", R"({"crc64":"1 "})", R"({"crc64":"+1"})", R"({"crc64":"0x1"})", R"({"crc64":"1.0"})",
          R"({"crc64":18446744073709551616})", R"({"crc64":"18446744073709551616"})", R"({"crc64":1e300})",
          R"({"crc64":1e16})", R"({"price":"nan"})", R"({"price":"inf"})", R"({"price":"1,5"})", R"({"paid":2})",
          R"({"paid":1.0})"}) {
        CAPTURE(text);
        CHECK(read(text).error() == errc::malformed_json);
    }
}

TEST_CASE("values other than structs are read as well")
{
    CHECK(from_json<std::vector<int>>(parse_json("[1,\"2\"]").value()).value() == std::vector<int>{1, 2});
    CHECK(from_json<std::optional<int>>(json::value(nullptr)).value() == std::nullopt);
    CHECK(from_json<std::vector<int>>(parse_json("[1,[]]").value()).error().message() ==
          "member \"[1]\": expected an integer, found an array");
}

TEST_CASE("what is written as JSON is read back the same")
{
    order o;
    o.version = 2;
    o.id = "quote \" and \xe4\xb8\xad";
    o.crc64 = std::numeric_limits<std::uint64_t>::max();
    o.images.resize(2);
    o.images[1].height = 3;
    o.tags = {"t"};
    order const back = from_json<order>(parse_json(to_json_text(to_json(o))).value()).value();
    CHECK(back.version == 2);
    CHECK(back.id == o.id);
    CHECK(back.crc64 == o.crc64);
    CHECK(back.images[1].height == 3u);
    CHECK(back.tags == o.tags);
}

TEST_CASE("members are written in order, empty optionals as null")
{
    CHECK(to_json_text(to_json(size_of_image{std::nullopt, 2u})) == R"({"width":null,"height":2})");
    CHECK(to_json_text(to_json(std::vector<bool>{true, false})) == "[true,false]");
    CHECK(to_json_text(to_json("text")) == R"("text")");
}

TEST_CASE("a form fills every kind of member")
{
    form_order const o = read_form("id=a%20b+c&crc64=18446744073709551615&width=800&note=n&tags=x&tags=y&"
                                   "flags=1&flags=false&paid=0&price=2.5")
                             .value();
    CHECK(o.id == "a b c");
    CHECK(o.crc64 == std::numeric_limits<std::uint64_t>::max());
    CHECK(o.width == 800u);
    CHECK(o.note == "n");
    CHECK(o.tags == std::vector<std::string>{"x", "y"});
    CHECK(o.flags == std::vector<bool>{true, false});
    CHECK_FALSE(o.paid);
    CHECK(o.price == 2.5);
}

TEST_CASE("missing and empty fields keep the defaults, an empty string stays a string")
{
    form_order const missing = read_form("other=1").value();
    CHECK(missing.id == "none");
    CHECK(missing.crc64 == 9);
    form_order const empty = read_form("id=&crc64=&width=&note=&paid=&price=").value();
    CHECK(empty.id == "");
    CHECK(empty.crc64 == 9);
    CHECK_FALSE(empty.width.has_value());
    CHECK_FALSE(empty.note.has_value());
    CHECK(empty.paid);
    CHECK(empty.price == 1.5);
}

TEST_CASE("of equal fields the last one counts") { CHECK(read_form("crc64=1&crc64=2").value().crc64 == 2); }

TEST_CASE("a field that does not fit is named with what was found")
{
    CHECK(read_form("width=4294967296").error().message() ==
          "member \"width\": expected a number in the range of its member, found \"4294967296\"");
    CHECK(read_form("crc64=1&crc64=x").error().message() == "member \"crc64\": expected an integer, found \"x\"");
    CHECK(read_form("paid=2").error() == errc::malformed_form);
}
