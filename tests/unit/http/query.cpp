#include <ossify/http/query.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace ossify;
using namespace ossify::http;

TEST_CASE("a query is sent encoded, in order, names with empty values alone")
{
    query q;
    q.append("uploads");
    q.append("prefix", "a/b +c=d&e");
    q.append("x-oss-process", "\xe4\xbd\xa0");
    CHECK(q.to_string() == "uploads&prefix=a%2Fb%20%2Bc%3Dd%26e&x-oss-process=%E4%BD%A0");
}

TEST_CASE("an empty query is empty text")
{
    CHECK(query().to_string().empty());
    CHECK(query().empty());
}

TEST_CASE("a query is read decoded, in order, with duplicates")
{
    auto const q = query::parse("b=1&a=%2f+x&b=2&flag&empty=&c=d=e").value();
    std::vector<query_item> const seen(q.begin(), q.end());
    CHECK(seen == std::vector<query_item>{{"b", "1"}, {"a", "/+x"}, {"b", "2"}, {"flag", ""}, {"empty", ""}, {"c", "d=e"}});
}

TEST_CASE("pieces without a byte are left out of a query")
{
    CHECK(query::parse("&&a=b&").value().to_string() == "a=b");
    CHECK(query::parse("").value().empty());
}

TEST_CASE("an escape that is cut short is refused in names and values")
{
    CHECK(query::parse("a%2=b").error() == errc::malformed_form);
    CHECK(query::parse("a=b%").error() == errc::malformed_form);
    CHECK(query::parse("a=%zz").error() == errc::malformed_form);
}

TEST_CASE("a query reads back what it writes")
{
    query q;
    for (int c = 1; c != 256; ++c)
        q.append(std::string(1, static_cast<char>(c)), std::string(2, static_cast<char>(c)));
    CHECK(query::parse(q.to_string()).value() == q);
}

TEST_CASE("the first item of a name counts, and case counts")
{
    auto const q = query::parse("a=1&a=2&b").value();
    CHECK(q.find("a") == "1");
    CHECK(q.get("a") == "1");
    CHECK(q.contains("b"));
    CHECK_FALSE(q.find("A"));
    CHECK(q.get("A", "none") == "none");
}

TEST_CASE("set leaves one item of the name, where the first one was")
{
    auto q = query::parse("a=1&b=2&a=3").value();
    q.set("a", "4");
    q.set("c");
    CHECK(q.to_string() == "a=4&b=2&c");
}

TEST_CASE("erase removes every item of the name and says whether there was one")
{
    auto q = query::parse("a=1&b=2&a=3").value();
    CHECK(q.erase("a"));
    CHECK_FALSE(q.erase("a"));
    CHECK(q.to_string() == "b=2");
}

TEST_CASE("an argument may be a view of the query itself")
{
    auto q = query::parse("a=1&b=2").value();
    for (int i = 0; i != 10; ++i)
        q.append(q.begin()->name, q.get("b"));
    CHECK(q.erase(q.begin()->name));
    CHECK(q.to_string() == "b=2");
}
