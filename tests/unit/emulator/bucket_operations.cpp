#include <ossify/emulator/bucket_operations.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

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

TEST_CASE("a bucket's ACL is set and told, and making it makes the bucket")
{
    emulated e;
    CHECK(e.put("/photos/?acl", "", {{"x-oss-acl", "public-read"}}).status == 200);
    auto const told = e.get("/photos/?acl");
    CHECK(element(told.body, "Grant") == "public-read");
    CHECK(element(told.body, "ID") == e.service.settings.owner);
    CHECK(e.put("/photos/?acl", "").status == 200);  // names none: nothing changes
    CHECK(element(e.get("/photos/?acl").body, "Grant") == "public-read");
    CHECK(element(e.put("/photos/?acl", "", {{"x-oss-acl", "default"}}).body, "Code") == "InvalidArgument");
    CHECK(e.put("/fresh/?acl", "", {{"x-oss-acl", "private"}}).status == 200);
    CHECK(e.head_of("/fresh/").status == 200);
}

TEST_CASE("a bucket's contents are counted by storage class")
{
    emulated e;
    (void)e.put("/photos/a", "0123456789");
    (void)e.put("/photos/b", "abc", {{"x-oss-storage-class", "IA"}});
    (void)e.post("/photos/c?uploads");
    auto const stat = e.get("/photos/?stat").body;
    CHECK(element(stat, "Storage") == "13");
    CHECK(element(stat, "ObjectCount") == "2");
    CHECK(element(stat, "MultipartUploadCount") == "1");
    CHECK(element(stat, "LastModifiedTime") == "1700000000");
    CHECK(element(stat, "StandardStorage") == "10");
    CHECK(element(stat, "InfrequentAccessStorage") == "3");
    CHECK(element(stat, "InfrequentAccessObjectCount") == "1");
    CHECK(element(stat, "ArchiveObjectCount") == "0");
}

TEST_CASE("an object without a storage class of its own has its bucket's")
{
    emulated e;
    (void)e.put("/cold/", "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>");
    (void)e.put("/cold/a", "abc");
    (void)e.put("/cold/b", "abc", {{"x-oss-storage-class", "Standard"}});
    CHECK(e.head_of("/cold/a").headers.get("x-oss-storage-class") == "IA");
    CHECK(e.head_of("/cold/b").headers.get("x-oss-storage-class") == "Standard");
}

TEST_CASE("buckets are listed in pages")
{
    emulated e;
    for (char const* const name : {"alpha", "beta-1", "beta-2"})
        (void)e.put("/" + std::string(name) + "/", "");
    auto const all = e.get("/").body;
    CHECK(tests::count_of(all, "<Bucket>") == 4);
    CHECK(tests::count_of(all, "IsTruncated") == 0);
    CHECK(element(all, "Location") == "oss-cn-hangzhou");
    CHECK(element(all, "Region") == "cn-hangzhou");
    auto const page = e.get("/?prefix=beta&max-keys=1").body;
    CHECK(element(page, "Name") == "beta-1");
    CHECK(element(page, "IsTruncated") == "true");
    CHECK(element(page, "NextMarker") == "beta-1");
    CHECK(element(e.get("/?prefix=beta&marker=beta-1").body, "Name") == "beta-2");
    CHECK(element(e.get("/?max-keys=0").body, "Code") == "InvalidArgument");
}
