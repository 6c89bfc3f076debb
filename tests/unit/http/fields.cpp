#include <ossify/http/fields.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace ossify::http;

static_assert(std::forward_iterator<fields::const_iterator>);

namespace {

fields some()
{
    fields f;
    f.append("Host", "bucket.example.com");
    f.append("x-oss-meta-a", "1");
    f.append("Date", "today");
    f.append("X-OSS-Meta-A", "2");
    return f;
}

}  // namespace

TEST_CASE("the text of fields is what is sent")
{
    CHECK(some().text() == "Host: bucket.example.com\r\nx-oss-meta-a: 1\r\nDate: today\r\nX-OSS-Meta-A: 2\r\n");
}

TEST_CASE("a name is found regardless of case, first line first")
{
    fields const f = some();
    CHECK(f.get("x-Oss-Meta-A") == "1");
    CHECK(f.find("HOST") == "bucket.example.com");
    CHECK(f.count("x-oss-meta-a") == 2);
    CHECK(f.contains("date"));
}

TEST_CASE("a name that is not there gives the fallback")
{
    fields const f = some();
    CHECK_FALSE(f.find("ETag"));
    CHECK(f.get("ETag").empty());
    CHECK(f.get("ETag", "none") == "none");
    CHECK(f.count("ETag") == 0);
    CHECK_FALSE(f.contains("Dat"));
}

TEST_CASE("lines are walked in order, with duplicates")
{
    fields const f = some();
    std::vector<field> const seen(f.begin(), f.end());
    CHECK(seen == std::vector<field>{{"Host", "bucket.example.com"},
                                     {"x-oss-meta-a", "1"},
                                     {"Date", "today"},
                                     {"X-OSS-Meta-A", "2"}});
    CHECK(f.size() == 4);
    CHECK(f[2] == field{"Date", "today"});
}

TEST_CASE("set replaces in place, whether the value grows or shrinks")
{
    fields f = some();
    f.set("host", "a much longer host name than before.example.com");
    f.set("Date", "");
    CHECK(f.text() == "Host: a much longer host name than before.example.com\r\nx-oss-meta-a: 1\r\nDate: \r\n"
                      "X-OSS-Meta-A: 2\r\n");
    CHECK(f.get("x-oss-meta-a") == "1");
    CHECK(f[3] == field{"X-OSS-Meta-A", "2"});
}

TEST_CASE("set leaves one line of the header")
{
    fields f = some();
    f.set("X-oss-meta-a", "3");
    CHECK(f.text() == "Host: bucket.example.com\r\nx-oss-meta-a: 3\r\nDate: today\r\n");
    CHECK(f.get("Date") == "today");
}

TEST_CASE("set appends a header that is not there")
{
    fields f = some();
    f.set("ETag", "e");
    CHECK(f[4] == field{"ETag", "e"});
}

TEST_CASE("erase removes every line of the header and says whether there was one")
{
    fields f = some();
    CHECK(f.erase("x-oss-meta-A"));
    CHECK_FALSE(f.erase("x-oss-meta-A"));
    CHECK(f.text() == "Host: bucket.example.com\r\nDate: today\r\n");
    CHECK(f.get("Date") == "today");
}

TEST_CASE("an argument may be a view of the fields themselves")
{
    fields f = some();
    f.set("Date", f.get("Host"));
    f.append(f[0].name, f.get("Date"));
    CHECK(f.erase(f[1].name));
    CHECK(f.text() == "Host: bucket.example.com\r\nDate: bucket.example.com\r\nHost: bucket.example.com\r\n");
}

TEST_CASE("an argument may be a view of what moves while duplicates go")
{
    fields f;
    f.append("A", "1");
    f.append("A", "2");
    f.append("B", "value");
    f.set("A", f.get("B"));
    CHECK(f.text() == "A: value\r\nB: value\r\n");
}

TEST_CASE("a name that is no token is refused")
{
    fields f;
    CHECK_THROWS_AS(f.append("", "v"), std::invalid_argument);
    CHECK_THROWS_AS(f.append("a b", "v"), std::invalid_argument);
    CHECK_THROWS_AS(f.append("a:", "v"), std::invalid_argument);
    CHECK_THROWS_AS(f.set("a\r\nb", "v"), std::invalid_argument);
    CHECK(f.empty());
}

TEST_CASE("a value that would smuggle in a line is refused")
{
    fields f;
    CHECK_THROWS_AS(f.append("a", "v\r\nb: c"), std::invalid_argument);
    CHECK_THROWS_AS(f.append("a", "v\n"), std::invalid_argument);
    CHECK_THROWS_AS(f.set("a", std::string_view("v\0", 2)), std::invalid_argument);
    CHECK(f.empty());
}

TEST_CASE("a refused value is not part of the message, it may be secret")
{
    fields f;
    std::string what;
    try {
        f.append("Authorization", "secret\n");
    } catch (std::invalid_argument const& e) {
        what = e.what();
    }
    CHECK(what == "the value of header Authorization holds a control character");
}

TEST_CASE("fields used again after clear need no new memory")
{
    fields f = some();
    char const* const before = f.text().data();
    f.clear();
    CHECK(f.empty());
    CHECK(f.text().empty());
    f.append("Host", "bucket.example.com");
    CHECK(f.text().data() == before);
}

TEST_CASE("what an earlier message left behind does not show in the next one")
{
    fields f = some();
    f.clear();
    f.append("A", "1");
    CHECK(f.text() == "A: 1\r\n");
    f.append("B", "2");
    f.set("A", "a longer value");
    CHECK(f.text() == "A: a longer value\r\nB: 2\r\n");
    CHECK(f.erase("A"));
    CHECK(f.text() == "B: 2\r\n");
    fields fresh;
    fresh.append("B", "2");
    CHECK(f == fresh);
}

TEST_CASE("fields that were moved from are empty and can be filled again")
{
    fields f = some();
    fields const taken = std::move(f);
    CHECK(taken == some());
    CHECK(f.text().empty());
    f.append("A", "1");
    CHECK(f.text() == "A: 1\r\n");
}

TEST_CASE("fields are equal when their lines are")
{
    fields other = some();
    CHECK(other == some());
    other.set("Date", "tomorrow");
    CHECK_FALSE(other == some());
}

TEST_CASE("all lines of another block can be added, and still be found and changed one by one")
{
    fields headers;
    headers.append("Host", "example.com");
    fields more;
    more.append("Content-Type", "text/plain");
    more.append("x-oss-meta-a", "1");
    headers.append(more);
    CHECK(headers.size() == 3);
    CHECK(headers.text() == "Host: example.com\r\nContent-Type: text/plain\r\nx-oss-meta-a: 1\r\n");
    headers.set("Content-Type", "application/json");
    CHECK(headers.get("x-oss-meta-a") == "1");
    headers.append(headers);
    CHECK(headers.count("host") == 2);
    CHECK(headers.size() == 6);
}
