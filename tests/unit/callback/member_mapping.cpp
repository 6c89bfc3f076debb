#include <ossify/callback/member_mapping.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <string>
#include <string_view>

using namespace ossify;

namespace {

std::string_view variable_of(std::string_view member)
{
    auto const variable = detail::find_variable_of_member(member);
    return variable ? variable->name : std::string_view();
}

struct three {
    std::string a, b, c;
};
BOOST_DESCRIBE_STRUCT(three, (), (a, b, c))

}  // namespace

TEST_CASE("a member named like a variable stands for it")
{
    for (auto const& variable : system_variables)
        if (variable.name.find('.') == std::string_view::npos)
            CHECK(variable_of(variable.name) == variable.name);
}

TEST_CASE("a member in snake case stands for the variable in camel case")
{
    CHECK(variable_of("mime_type") == "mimeType");
    CHECK(variable_of("image_info_height") == "imageInfo.height");
    CHECK(variable_of("image_info_width") == "imageInfo.width");
    CHECK(variable_of("image_info_format") == "imageInfo.format");
    CHECK(variable_of("content_md5") == "contentMd5");
    CHECK(variable_of("vpc_id") == "vpcId");
    CHECK(variable_of("client_ip") == "clientIp");
    CHECK(variable_of("req_id") == "reqId");
}

TEST_CASE("any other member is a custom variable")
{
    for (char const* const name :
         {"user_id", "Bucket", "mimetype", "mime_Type", "mime_type_", "mime", "image_info", ""}) {
        CAPTURE(name);
        CHECK(variable_of(name).empty());
    }
}

TEST_CASE("only the numbers of images are sent in quotes")
{
    for (auto const& variable : system_variables)
        CHECK(detail::is_sent_in_quotes(variable) ==
              (variable.name == "imageInfo.width" || variable.name == "imageInfo.height"));
}

TEST_CASE("the members of a struct are listed in order")
{
    CHECK(detail::member_names<three>::list == std::array<std::string_view, 3>{"a", "b", "c"});
}
