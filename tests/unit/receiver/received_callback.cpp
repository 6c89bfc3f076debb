#include <ossify/receiver/received_callback.hpp>

#include "printers.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace ossify;

namespace {

struct seen_file {
    std::string object;
    int size = 0;
};
BOOST_DESCRIBE_STRUCT(seen_file, (), (object, size))

received_callback callback_of(std::string type, std::string body)
{
    received_callback out;
    out.target = "/a/b?c=d";
    out.content_type = std::move(type);
    out.body = std::move(body);
    return out;
}

std::string members_of(std::string type, std::string body)
{
    return codec::to_json_text(callback_of(std::move(type), std::move(body)).members());
}

}  // namespace

TEST_CASE("the path ends where the query begins")
{
    CHECK(callback_of("", "").path() == "/a/b");
}

TEST_CASE("a form becomes an object of decoded texts")
{
    CHECK(members_of("application/x-www-form-urlencoded", "a=1&b=x+y%2F&c=") == R"({"a":"1","b":"x y/","c":""})");
}

TEST_CASE("a field that comes several times becomes an array")
{
    CHECK(members_of("application/x-www-form-urlencoded", "a=1&b=2&a=3&a=4") == R"({"a":["1","3","4"],"b":"2"})");
}

TEST_CASE("a JSON body stays as it is")
{
    CHECK(members_of("application/json; charset=utf-8", R"({"a":1,"b":null})") == R"({"a":1,"b":null})");
}

TEST_CASE("an object of JSON is read as such, whatever the type says")
{
    CHECK(members_of("application/x-www-form-urlencoded", R"({"a":1})") == R"({"a":1})");
}

TEST_CASE("the path of a whole URL is what follows its host")
{
    auto callback = callback_of("", "");
    for (auto const& [target, path] : std::vector<std::pair<std::string, std::string>>{
             {"http://h.example:80/a/b?c", "/a/b"}, {"http://h.example?c", "/"}, {"http://h.example", "/"}, {"*", ""}}) {
        callback.target = target;
        CHECK(callback.path() == path);
    }
}

TEST_CASE("a body that is not what its type says stays text")
{
    CHECK(members_of("application/json", "a=1&b=2") == R"("a=1&b=2")");
    CHECK(members_of("application/x-www-form-urlencoded", "a=%") == R"("a=%")");
}

TEST_CASE("a body is decoded into a described struct by its type")
{
    auto const json = callback_of("application/json", R"({"object":"k","size":"3"})").decode<seen_file>();
    auto const form = callback_of("application/x-www-form-urlencoded", "object=k&size=3").decode<seen_file>();
    REQUIRE(json);
    REQUIRE(form);
    CHECK((*json)->size == 3);
    CHECK((*form)->size == 3);
}
