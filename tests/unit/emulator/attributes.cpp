#include <ossify/emulator/attributes.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::element;
using tests::emulated;

namespace {

std::string code_of(std::string name, std::string value)
{
    emulated e;
    auto const put = e.put("/photos/k", "x", {{std::move(name), std::move(value)}});
    return put.status == 200 ? "stored" : element(put.body, "Code");
}

}  // namespace

TEST_CASE("headers with a closed set of values")
{
    CHECK(code_of("x-oss-object-acl", "public-read") == "stored");
    CHECK(code_of("x-oss-object-acl", "mine") == "InvalidArgument");
    CHECK(code_of("x-oss-storage-class", "DeepColdArchive") == "stored");
    CHECK(code_of("x-oss-storage-class", "standard") == "InvalidArgument");
    CHECK(code_of("x-oss-server-side-encryption", "AES256") == "stored");
    CHECK(code_of("x-oss-server-side-encryption", "DES") == "InvalidEncryptionAlgorithmError");
    CHECK(code_of("x-oss-server-side-encryption-key-id", "a") == "InvalidArgument");
}

TEST_CASE("user metadata has rules for names and a limit of 8 KB")
{
    CHECK(code_of("x-oss-meta-a-1", "x") == "stored");
    CHECK(code_of("x-oss-meta-a_1", "x") == "InvalidArgument");
    CHECK(code_of("x-oss-meta-", "x") == "InvalidArgument");
    CHECK(code_of("x-oss-meta-a", std::string(8191, 'x')) == "stored");
    CHECK(code_of("x-oss-meta-a", std::string(8192, 'x')) == "InvalidArgument");
}

TEST_CASE("tags are checked")
{
    CHECK(code_of("x-oss-tagging", "a=b&c=d%20e") == "stored");
    CHECK(code_of("x-oss-tagging", "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1") == "InvalidArgument");
    CHECK(code_of("x-oss-tagging", "a=1&a=2") == "InvalidArgument");
    CHECK(code_of("x-oss-tagging", "=1") == "InvalidTaggingKey");
    CHECK(code_of("x-oss-tagging", std::string(129, 'k') + "=1") == "InvalidTaggingKey");
    CHECK(code_of("x-oss-tagging", "a=" + std::string(257, 'v')) == "InvalidTag");
}

TEST_CASE("headers about the content come back with the object")
{
    emulated e;
    tests::header_list const headers{{"Content-Language", "de"}, {"Content-Encoding", "gzip"}, {"Expires", "0"}};
    (void)e.put("/photos/k", "abc", headers);
    auto const got = e.get("/photos/k");
    for (auto const& [name, value] : headers)
        CHECK(got.headers.get(name) == value);
}

TEST_CASE("tags are counted in HEAD")
{
    emulated e;
    (void)e.put("/photos/k", "x", {{"x-oss-tagging", "a=b&c=d"}});
    CHECK(e.head_of("/photos/k").headers.get("x-oss-tagging-count") == "2");
}

TEST_CASE("the traffic limit has a range and one place")
{
    CHECK(code_of("x-oss-traffic-limit", "819200") == "stored");
    CHECK(code_of("x-oss-traffic-limit", "1000") == "InvalidArgument");
    CHECK(code_of("x-oss-traffic-limit", "838860801") == "InvalidArgument");
    CHECK(code_of("x-oss-traffic-limit", "fast") == "InvalidArgument");
    emulated e;
    CHECK(e.put("/photos/k?x-oss-traffic-limit=819200", "x").status == 200);
    CHECK(e.put("/photos/k?x-oss-traffic-limit=819200", "x", {{"x-oss-traffic-limit", "819200"}}).status == 400);
}

TEST_CASE("a condition on a put is not implemented, and the header is named")
{
    emulated e;
    auto const put = e.put("/photos/k", "x", {{"If-Modified-Since", "now"}});
    CHECK(element(put.body, "Code") == "NotImplemented");
    CHECK(element(put.body, "Header") == "If-Modified-Since");
}
