#include <ossify/callback/message.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

using namespace ossify;

namespace {

struct stored {
    std::string bucket;
    std::string object;
    std::optional<std::uint64_t> size;
    std::string mime_type;
    std::optional<std::uint32_t> image_info_height, image_info_width;
    std::uint64_t crc64 = 0;
    std::optional<std::string> vpc_id;
    std::string user;
};
BOOST_DESCRIBE_STRUCT(stored, (),
                      (bucket, object, size, mime_type, image_info_height, image_info_width, crc64, vpc_id, user))

constexpr char const* form_type = "application/x-www-form-urlencoded";
constexpr char const* json_type = "application/json";

}  // namespace

TEST_CASE("a JSON body fills the struct")
{
    auto const event = decode_callback<stored>(
        json_type, R"({"bucket":"b","object":"a/\u5f20.jpg","size":5,"mime_type":"image/jpeg","user":"u"})");
    CHECK((*event)->bucket == "b");
    CHECK((*event)->object == "a/\xe5\xbc\xa0.jpg");
    CHECK((*event)->size == 5);
    CHECK((*event)->mime_type == "image/jpeg");
    CHECK((**event).user == "u");
}

TEST_CASE("a form body fills the struct, decoded once")
{
    auto const event = decode_callback<stored>(form_type, "bucket=b&object=a%2Fb%20c+d%252F&size=5&user=%E5%BC%A0");
    CHECK((*event)->object == "a/b c d%2F");
    CHECK((*event)->size == 5);
    CHECK((*event)->user == "\xe5\xbc\xa0");
}

TEST_CASE("the service's own names find their members")
{
    auto const form = decode_callback<stored>(
        form_type, "mimeType=image%2Fjpeg&imageInfo.height=278&imageInfo.width=200&x:user=u&vpcId=v");
    CHECK((*form)->mime_type == "image/jpeg");
    CHECK((*form)->image_info_height == 278);
    CHECK((*form)->image_info_width == 200);
    CHECK((*form)->user == "u");
    CHECK((*form)->vpc_id == "v");
    auto const json = decode_callback<stored>(json_type, R"({"mimeType":"t","imageInfo.height":1,"x:user":"u"})");
    CHECK((*json)->mime_type == "t");
    CHECK((*json)->image_info_height == 1);
    CHECK((*json)->user == "u");
}

TEST_CASE("what has no value keeps its default: null, empty, absent")
{
    for (char const* const body :
         {R"({"size":null,"image_info_height":null,"vpc_id":null,"crc64":null,"mime_type":null})",
          R"({"size":"","image_info_height":"","crc64":""})", "{}",
          R"({"image_info_height":"null","image_info_width":"null"})"}) {
        CAPTURE(body);
        auto const event = decode_callback<stored>(json_type, body);
        CHECK_FALSE((*event)->size);
        CHECK_FALSE((*event)->image_info_height);
        CHECK_FALSE((*event)->vpc_id);
        CHECK((*event)->crc64 == 0);
        CHECK((*event)->mime_type.empty());
    }
    auto const form = decode_callback<stored>(form_type, "size=&imageInfo.height=&crc64=&object=o");
    CHECK_FALSE((*form)->size);
    CHECK_FALSE((*form)->image_info_height);
    CHECK((*form)->crc64 == 0);
}

TEST_CASE("a text that says null is a text")
{
    auto const event = decode_callback<stored>(json_type, R"({"user":"null"})");
    CHECK((*event)->user == "null");
}

TEST_CASE("numbers of 64 bits are exact, as number and as text")
{
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    auto const number = decode_callback<stored>(json_type, R"({"crc64":18446744073709551615})");
    CHECK((*number)->crc64 == most);
    auto const text = decode_callback<stored>(json_type, R"({"crc64":"18446744073709551615"})");
    CHECK((*text)->crc64 == most);
    auto const form = decode_callback<stored>(form_type, "crc64=18446744073709551615");
    CHECK((*form)->crc64 == most);
}

TEST_CASE("unknown members are kept")
{
    auto const json = decode_callback<stored>(json_type, R"({"user":"u","imageInfo":null,"more":[1,2]})");
    CHECK(json->unknown().size() == 2);
    CHECK(json->unknown()[0].first == "imageInfo");
    CHECK(json->unknown()[1].second.as_array().size() == 2);
    auto const form = decode_callback<stored>(form_type, "tag=a&user=u&tag=b");
    CHECK(form->unknown().size() == 2);
    CHECK(form->unknown()[1].second == "b");
}

TEST_CASE("the body is kept as it was received")
{
    std::string const body = " {\"user\" : \"u\"} ";
    auto const event = decode_callback<stored>(json_type, body);
    CHECK(event->body() == body);
}

TEST_CASE("the media type counts, not its case nor its parameters")
{
    CHECK(decode_callback<stored>("Application/JSON; charset=utf-8", R"({"user":"u"})").has_value());
    CHECK(decode_callback<stored>("application/x-www-form-urlencoded;charset=utf-8", "user=u").value()->user == "u");
}

TEST_CASE("without a known media type the body decides")
{
    CHECK(decode_callback<stored>("", R"( {"user":"u"})").value()->user == "u");
    CHECK(decode_callback<stored>("text/plain", "user=u").value()->user == "u");
    CHECK(decode_callback<stored>("", "").value()->user.empty());
}

TEST_CASE("an object of JSON is read as such, whatever the Content-Type says: that is not signed")
{
    CHECK(decode_callback<stored>(form_type, R"({"user":"u"})").value()->user == "u");
    CHECK(decode_callback<stored>(form_type, "{user}=u").error() == errc::malformed_callback);
}

TEST_CASE("a captured body that is no JSON in spite of its type is refused")
{
    auto const refused = decode_callback<stored>(
        json_type, R"({"mimeType":"image/png", "size":1081151, "filename","ipa/demo.png", "bucket":"b"})");
    CHECK(refused.error() == errc::malformed_callback);
}

TEST_CASE("bodies that do not fit are refused, with the member's name")
{
    CHECK(decode_callback<stored>(json_type, "[]").error() == errc::malformed_callback);
    CHECK(decode_callback<stored>(json_type, "").error() == errc::malformed_callback);
    CHECK(decode_callback<stored>(json_type, R"({"size":"big"})").error().message().find("\"size\"") !=
          std::string::npos);
    CHECK(decode_callback<stored>(form_type, "size=big").error() == errc::malformed_callback);
    CHECK(decode_callback<stored>(form_type, "user=%zz").error() == errc::malformed_callback);
}
