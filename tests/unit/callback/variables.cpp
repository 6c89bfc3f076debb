#include <ossify/callback/variables.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using namespace ossify;

namespace {

constexpr std::array<std::string_view, 2> custom{"user_id", "order"};

std::string_view nearest(std::string_view name)
{
    auto const index = detail::nearest_variable(name, custom);
    if (index == detail::no_index)
        return {};
    return index < system_variables.size() ? system_variables[index].name : custom[index - system_variables.size()];
}

}  // namespace

TEST_CASE("every documented variable is found by its exact name")
{
    for (auto const& variable : system_variables)
        CHECK(find_system_variable(variable.name)->kind == variable.kind);
    CHECK(system_variables.size() == 14);
}

TEST_CASE("names of variables are case-sensitive")
{
    CHECK_FALSE(find_system_variable("Bucket"));
    CHECK_FALSE(find_system_variable("mimetype"));
    CHECK_FALSE(find_system_variable(""));
}

TEST_CASE("numbers are told from texts")
{
    CHECK(find_system_variable("size")->kind == variable_kind::number);
    CHECK(find_system_variable("imageInfo.width")->kind == variable_kind::number);
    CHECK(find_system_variable("imageInfo.format")->kind == variable_kind::text);
    CHECK(find_system_variable("crc64")->kind == variable_kind::either);
}

TEST_CASE("names of custom variables have lower-case letters, digits and underscores")
{
    CHECK(is_custom_variable_name("user_id2"));
    CHECK_FALSE(is_custom_variable_name(""));
    CHECK_FALSE(is_custom_variable_name("userId"));
    CHECK_FALSE(is_custom_variable_name("user-id"));
    CHECK_FALSE(is_custom_variable_name("x:user"));
    CHECK_FALSE(is_custom_variable_name("na\xc3\xafve"));
}

TEST_CASE("a misspelt variable is close to the one that was meant")
{
    CHECK(nearest("buckett") == "bucket");
    CHECK(nearest("Object") == "object");
    CHECK(nearest("mime_type") == "mimeType");
    CHECK(nearest("imageinfo.width") == "imageInfo.width");
    CHECK(nearest(" object ") == "object");
    CHECK(nearest("filesize").empty());
}

TEST_CASE("a custom variable without its prefix is close to itself")
{
    CHECK(nearest("user_id") == "user_id");
    CHECK(nearest("x:usr_id") == "user_id");
    CHECK(nearest("X:order") == "order");
}

TEST_CASE("a variable of the service with the prefix of custom ones is close to itself")
{
    CHECK(nearest("x:bucket") == "bucket");
}

TEST_CASE("nothing is close to a name that has nothing in common, or is too long for a slip")
{
    CHECK(nearest("qqqqqq").empty());
    CHECK(nearest("").empty());
    CHECK(nearest(std::string_view("bucketbucketbucketbucketbucketbucketbucketbucketbucket")).empty());
}
