#include <ossify/emulator/object_listings.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::count_of;
using tests::element;
using tests::emulated;

namespace {

void fill(emulated& e)
{
    for (char const* const key : {"fun/movie/001.avi", "fun/movie/007.avi", "fun/test.jpg", "oss.jpg"})
        (void)e.put(std::string("/photos/") + key, "0123456789");
}

}  // namespace

TEST_CASE("a listing tells what there is to know of each object")
{
    emulated e;
    (void)e.put("/photos/a%26b", "0123456789", {{"x-oss-storage-class", "IA"}});
    auto const body = e.get("/photos/").body;
    CHECK(element(body, "Name") == "photos");
    CHECK(element(body, "Key") == "a&amp;b");
    CHECK(element(body, "LastModified") == "2023-11-14T22:13:20.000Z");
    CHECK(element(body, "ETag") == "&quot;781E5E245D69B566979B86E28D23F2C7&quot;");
    CHECK(element(body, "Type") == "Normal");
    CHECK(element(body, "Size") == "10");
    CHECK(element(body, "StorageClass") == "IA");
    CHECK(element(body, "ID") == e.service.settings.owner);
    CHECK(element(body, "MaxKeys") == "100");
    CHECK(element(body, "IsTruncated") == "false");
    CHECK(count_of(body, "NextMarker") == 0);
}

TEST_CASE("a listing is cut by prefix and delimiter as the documentation shows")
{
    emulated e;
    fill(e);
    CHECK(count_of(e.get("/photos/?prefix=fun").body, "<Contents>") == 3);
    auto const body = e.get("/photos/?prefix=fun/&delimiter=/").body;
    CHECK(count_of(body, "<Contents>") == 1);
    CHECK(body.find("<CommonPrefixes><Prefix>fun/movie/</Prefix></CommonPrefixes>") != std::string::npos);
    CHECK(element(body, "Delimiter") == "/");
}

TEST_CASE("the next marker leads to the next page")
{
    emulated e;
    fill(e);
    auto const first = e.get("/photos/?max-keys=2").body;
    CHECK(element(first, "IsTruncated") == "true");
    CHECK(element(first, "NextMarker") == "fun/movie/007.avi");
    auto const second = e.get("/photos/?max-keys=2&marker=fun%2Fmovie%2F007.avi").body;
    CHECK(element(second, "Marker") == "fun/movie/007.avi");
    CHECK(element(second, "Key") == "fun/test.jpg");
    CHECK(element(second, "IsTruncated") == "false");
}

TEST_CASE("version 2 goes on with tokens, and names owners only on request")
{
    emulated e;
    fill(e);
    auto const first = e.get("/photos/?list-type=2&max-keys=3&delimiter=/").body;
    CHECK(element(first, "KeyCount") == "2");
    auto const page = e.get("/photos/?list-type=2&max-keys=1&prefix=fun/&fetch-owner=true").body;
    CHECK(element(page, "ID") == e.service.settings.owner);
    CHECK(element(page, "IsTruncated") == "true");
    auto const token = element(page, "NextContinuationToken");
    CHECK_FALSE(token.empty());
    auto const next = e.get("/photos/?list-type=2&max-keys=1&prefix=fun/&continuation-token=" + token).body;
    CHECK(element(next, "ContinuationToken") == token);
    CHECK(element(next, "Key") == "fun/movie/007.avi");
    CHECK(count_of(next, "<Owner>") == 0);
    auto const after = e.get("/photos/?list-type=2&start-after=fun/test.jpg").body;
    CHECK(element(after, "StartAfter") == "fun/test.jpg");
    CHECK(element(after, "Key") == "oss.jpg");
    CHECK(element(after, "KeyCount") == "1");
}

TEST_CASE("names are percent-encoded when the request asks for it")
{
    emulated e;
    (void)e.put("/photos/a%01%2F%20b", "x");
    auto const body = e.get("/photos/?encoding-type=url&prefix=a%01&delimiter=%20").body;
    CHECK(element(body, "EncodingType") == "url");
    CHECK(element(body, "Delimiter") == "%20");
    CHECK(body.find("<CommonPrefixes><Prefix>a%01%2F%20</Prefix>") != std::string::npos);
    CHECK(element(e.get("/photos/?encoding-type=url").body, "Key") == "a%01%2F%20b");
}

TEST_CASE("bad parameters of a listing are refused")
{
    emulated e;
    for (std::string const query : {"max-keys=1001", "max-keys=-1", "max-keys=x", "encoding-type=base64",
                                    "list-type=2&continuation-token=%25"})
        CHECK(element(e.get("/photos/?" + query).body, "Code") == "InvalidArgument");
    CHECK(element(e.get("/photos/?prefix=" + std::string(1024, 'a')).body, "Code") == "InvalidArgument");
    CHECK(element(e.get("/nowhere/").body, "Code") == "NoSuchBucket");
}
