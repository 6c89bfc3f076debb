#include <ossify/emulator/bucket_operations.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

using namespace ossify;
using tests::element;
using tests::emulated;

TEST_CASE("a bucket is made, asked about and deleted")
{
    emulated e;
    CHECK(e.head_of("/fresh/").status == 404);
    CHECK(e.put("/fresh/", "").status == 200);
    CHECK(e.head_of("/fresh/").status == 200);
    auto const info = e.get("/fresh/?bucketInfo");
    CHECK(element(info.body, "Name") == "fresh");
    CHECK(element(info.body, "Grant") == "private");
    CHECK(element(info.body, "CreationDate") == "2023-11-14T22:13:20.000Z");
    CHECK(element(e.get("/fresh/?location").body, "LocationConstraint") == "oss-cn-hangzhou");
    CHECK(e.del("/fresh/").status == 204);
    CHECK(e.head_of("/fresh/").status == 404);
}

TEST_CASE("making a bucket again changes its ACL and keeps its objects")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    CHECK(e.put("/photos/", "", {{"x-oss-acl", "public-read"}}).status == 200);
    CHECK(element(e.get("/photos/?bucketInfo").body, "Grant") == "public-read");
    CHECK(e.put("/photos/", "").status == 200);
    CHECK(element(e.get("/photos/?bucketInfo").body, "Grant") == "public-read");
    CHECK(e.get("/photos/k").status == 200);
}

TEST_CASE("a bucket that holds something cannot be deleted")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    CHECK(element(e.del("/photos/").body, "Code") == "BucketNotEmpty");
    (void)e.del("/photos/k");
    (void)e.post("/photos/k?uploads");
    CHECK(e.del("/photos/").status == 409);
}

TEST_CASE("bad buckets are refused")
{
    emulated e;
    CHECK(element(e.put("/Bad_Name/", "").body, "Code") == "InvalidBucketName");
    CHECK(element(e.put("/fresh/", "", {{"x-oss-acl", "mine"}}).body, "Code") == "InvalidArgument");
    CHECK(element(e.put("/fresh/", "<nonsense").body, "Code") == "MalformedXML");
    CHECK(e.put("/fresh/", "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>")
              .status == 200);
    CHECK(element(e.get("/fresh/?bucketInfo").body, "StorageClass") == "IA");
}
