#include <ossify/emulator/symlink.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

using namespace ossify;
using tests::bytes_of;
using tests::element;
using tests::emulated;

TEST_CASE("reading through a link gives the target's bytes and the link's metadata")
{
    emulated e;
    auto const target = e.put("/photos/a/b%20c", "0123456789", {{"Content-Type", "text/plain"}, {"x-oss-meta-of", "target"}});
    CHECK(e.put("/photos/link?symlink", "",
                {{"x-oss-symlink-target", "a/b%20c"}, {"x-oss-meta-of", "link"}, {"Content-Type", "text/css"}})
              .status == 200);
    CHECK(e.get("/photos/link?symlink").headers.get("x-oss-symlink-target") == "a/b%20c");
    auto const got = e.get("/photos/link");
    CHECK(bytes_of(got) == "0123456789");
    CHECK(got.headers.get("ETag") == target.headers.get("ETag"));
    CHECK(got.headers.get("x-oss-hash-crc64ecma") == target.headers.get("x-oss-hash-crc64ecma"));
    CHECK(got.headers.get("x-oss-object-type") == "Symlink");
    CHECK(got.headers.get("x-oss-meta-of") == "link");
    CHECK(got.headers.get("Content-Type") == "text/css");
    CHECK(e.head_of("/photos/link").headers.get("Content-Length") == "10");
    CHECK(e.head_of("/photos/link?objectMeta").headers.get("Content-Length") == "0");
    CHECK(bytes_of(e.get("/photos/link", {{"Range", "bytes=2-3"}})) == "23");
}

TEST_CASE("a link may lead nowhere until somebody follows it")
{
    emulated e;
    CHECK(e.put("/photos/link?symlink", "", {{"x-oss-symlink-target", "none"}}).status == 200);
    CHECK(element(e.get("/photos/link").body, "Code") == "SymlinkTargetNotExist");
    CHECK(e.head_of("/photos/link").status == 404);
    (void)e.put("/photos/second?symlink", "", {{"x-oss-symlink-target", "link"}});
    CHECK(element(e.get("/photos/second").body, "Code") == "InvalidTargetType");
}

TEST_CASE("bad links are refused")
{
    emulated e;
    CHECK(element(e.put("/photos/link?symlink", "").body, "Code") == "InvalidArgument");
    CHECK(element(e.put("/photos/link?symlink", "", {{"x-oss-symlink-target", "/a"}}).body, "Code") ==
          "InvalidObjectName");
    (void)e.put("/photos/k", "abc");
    CHECK(element(e.get("/photos/k?symlink").body, "Code") == "NotSymlink");
    CHECK(element(e.get("/photos/none?symlink").body, "Code") == "NoSuchKey");
    CHECK(e.put("/photos/k?symlink", "", {{"x-oss-symlink-target", "a"}, {"x-oss-forbid-overwrite", "true"}}).status ==
          409);
}

TEST_CASE("a link does not open a target that is closed")
{
    auto settings = emulated::open();
    settings.authenticate = true;
    emulated e(std::move(settings));
    emulation::bucket_record bucket;
    bucket.name = "open";
    bucket.acl = "public-read-write";
    (void)e.service.objects.put_bucket(std::move(bucket));
    (void)e.put("/open/secret", "abc", {{"x-oss-object-acl", "private"}});
    (void)e.put("/open/link?symlink", "", {{"x-oss-symlink-target", "secret"}});
    CHECK(element(e.get("/open/link").body, "Code") == "AccessDenied");
}
