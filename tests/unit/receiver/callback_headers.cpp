#include <ossify/receiver/callback_headers.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace ossify;

TEST_CASE("headers are taken from the library's own fields, whatever the case of their names")
{
    http::fields from;
    from.set("AUTHORIZATION", "c2ln");
    from.set("X-Oss-Pub-Key-Url", "dXJs");
    from.set("content-type", "application/json");
    callback_headers const h(from);
    CHECK(h.authorization == "c2ln");
    CHECK(h.key_url == "dXJs");
    CHECK(h.content_type == "application/json");
}

TEST_CASE("a header that is not there is empty")
{
    callback_headers const h(http::fields{});
    CHECK(h.authorization.empty());
    CHECK(h.key_url.empty());
    CHECK(h.content_type.empty());
}

TEST_CASE("of a header that comes twice in a list of pairs the first one counts")
{
    std::vector<std::pair<std::string, std::string>> const list{{"Authorization", "one"}, {"authorization", "two"}};
    callback_headers const h(list);
    CHECK(h.authorization == "one");
}

TEST_CASE("a function may give its values as strings of its own")
{
    callback_headers const h([](std::string_view name) { return std::string(name) + "!"; });
    CHECK(h.authorization == "authorization!");
    CHECK(h.key_url == "x-oss-pub-key-url!");
}
