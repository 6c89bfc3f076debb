#include <ossify/auth/canonical.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ossify;

namespace {

std::string v4_query(http::query const& query)
{
    std::string out;
    canonical::append_v4_query(out, query);
    return out;
}

http::fields headers_of(std::initializer_list<http::field> list)
{
    http::fields out;
    for (auto const& header : list)
        out.append(header.name, header.value);
    return out;
}

std::string v4_request(http::fields const& headers, std::vector<std::string> const& additional = {})
{
    std::string out;
    canonical::append_v4_request(out, "PUT", "b", "k", {}, headers, additional);
    return out;
}

}  // namespace

TEST_CASE("version 4 sorts query items by their encoded names")
{
    http::query query;
    query.append("b", "2");
    query.append("|a", "1");
    query.append("a~", "/ +");
    query.append("a");
    CHECK(v4_query(query) == "%7Ca=1&a&a~=%2F%20%2B&b=2");
}

TEST_CASE("version 4 sorts a name before a longer one although = sorts after some characters")
{
    http::query query;
    query.append("a-b", "1");
    query.append("a", "2");
    CHECK(v4_query(query) == "a=2&a-b=1");
}

TEST_CASE("items of one name keep their order in version 4")
{
    http::query query;
    query.append("n", "2");
    query.append("n", "1");
    CHECK(v4_query(query) == "n=2&n=1");
}

TEST_CASE("of items with one name version 1 signs the first")
{
    http::query query;
    query.append("uploadId", "first");
    query.append("uploadId", "second");
    CHECK(canonical::v1_string_to_sign("PUT", "d", "b", "k", query, {}) == "PUT\n\n\nd\n/b/k?uploadId=first");
}

TEST_CASE("version 1 signs sub-resources and every x-oss- item, and nothing else")
{
    CHECK(canonical::is_v1_item("acl"));
    CHECK(canonical::is_v1_item("wormId"));
    CHECK(canonical::is_v1_item("accessPoint"));
    CHECK(canonical::is_v1_item("x-oss-anything"));
    CHECK_FALSE(canonical::is_v1_item("encoding-type"));
    CHECK_FALSE(canonical::is_v1_item("prefix"));
    CHECK_FALSE(canonical::is_v1_item("ACL"));
    CHECK_FALSE(canonical::is_v1_item(""));
}

TEST_CASE("the resource has the bucket and a slash even without a key")
{
    auto const resource = [](std::string_view bucket, std::string_view key, bool encoded) {
        std::string out;
        canonical::append_resource(out, bucket, key, encoded);
        return out;
    };
    CHECK(resource("", "", false) == "/");
    CHECK(resource("b", "", false) == "/b/");
    CHECK(resource("b", "d/a +", false) == "/b/d/a +");
    CHECK(resource("b", "d/a +", true) == "/b/d/a%20%2B");
}

TEST_CASE("signed headers are sorted, lowered and trimmed")
{
    auto const headers =
        headers_of({{"X-Oss-Meta-B", "  two words "}, {"Accept", "x"}, {"x-oss-meta-a", "1"}, {"CONTENT-TYPE", "t"}});
    CHECK(v4_request(headers) ==
          "PUT\n/b/k\n\ncontent-type:t\nx-oss-meta-a:1\nx-oss-meta-b:two words\n\n\nUNSIGNED-PAYLOAD");
}

TEST_CASE("lines of one header are joined with a comma")
{
    auto const headers = headers_of({{"x-oss-meta-a", "1"}, {"x-oss-meta-b", "3"}, {"X-OSS-META-A", "2"}});
    CHECK(v4_request(headers) == "PUT\n/b/k\n\nx-oss-meta-a:1,2\nx-oss-meta-b:3\n\n\nUNSIGNED-PAYLOAD");
}

TEST_CASE("more headers than usual are signed too")
{
    http::fields headers;
    std::string expected = "PUT\n/b/k\n\n";
    for (int i = 10; i != 90; ++i) {
        headers.append("x-oss-meta-" + std::to_string(99 - i), "v");
        expected += "x-oss-meta-" + std::to_string(i) + ":v\n";
    }
    CHECK(v4_request(headers) == expected + "\n\nUNSIGNED-PAYLOAD");
}

TEST_CASE("additional names are lowered, sorted and kept only where they add something")
{
    auto const headers = headers_of({{"Host", "h"}, {"x-oss-a", "1"}, {"Abc", "2"}, {"Empty", ""}});
    std::vector<std::string> const wanted{"host", "ABC", "x-oss-a", "absent", "abc", "content-type", "empty"};
    CHECK(canonical::additional_headers(wanted, headers) == std::vector<std::string>{"abc", "host"});
}
