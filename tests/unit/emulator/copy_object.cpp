#include <ossify/emulator/copy_object.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::bytes_of;
using tests::element;
using tests::emulated;

namespace {

emulation::reply copy(emulated& e, std::string const& to, std::string const& from, tests::header_list headers = {})
{
    headers.emplace_back("x-oss-copy-source", from);
    return e.put(to, "", std::move(headers));
}

}  // namespace

TEST_CASE("a copy has the bytes and the metadata of its source, but not its ACL")
{
    emulated e;
    (void)e.put("/photos/a%2Bb", "0123456789",
                {{"Content-Type", "text/plain"}, {"x-oss-meta-user", "me"}, {"x-oss-object-acl", "public-read"},
                 {"x-oss-tagging", "a=1"}, {"x-oss-server-side-encryption", "AES256"}});
    (void)e.put("/albums/", "");
    auto const copied = copy(e, "/albums/c", "/photos/a%2Bb");
    CHECK(copied.status == 200);
    CHECK(element(copied.body, "ETag") == "&quot;781E5E245D69B566979B86E28D23F2C7&quot;");
    CHECK(element(copied.body, "LastModified") == "2023-11-14T22:13:20.000Z");
    auto const got = e.get("/albums/c");
    CHECK(bytes_of(got) == "0123456789");
    CHECK(got.headers.get("Content-Type") == "text/plain");
    CHECK(got.headers.get("x-oss-meta-user") == "me");
    CHECK(got.headers.get("x-oss-tagging-count") == "1");
    CHECK(got.headers.get("x-oss-object-type") == "Normal");
    CHECK_FALSE(got.headers.contains("x-oss-server-side-encryption"));
    CHECK(got.headers.get("x-oss-hash-crc64ecma") == e.get("/photos/a%2Bb").headers.get("x-oss-hash-crc64ecma"));
    CHECK(element(e.get("/albums/c?acl").body, "Grant") == "default");
}

TEST_CASE("a copy takes what its request says instead of the source's where a directive says so")
{
    emulated e;
    (void)e.put("/photos/a", "abc", {{"Content-Type", "text/plain"}, {"x-oss-meta-user", "me"}, {"x-oss-tagging", "a=1"}});
    (void)copy(e, "/photos/b", "/photos/a", {{"x-oss-metadata-directive", "REPLACE"}, {"x-oss-meta-other", "you"}});
    auto const replaced = e.get("/photos/b");
    CHECK_FALSE(replaced.headers.contains("x-oss-meta-user"));
    CHECK(replaced.headers.get("x-oss-meta-other") == "you");
    CHECK(replaced.headers.get("Content-Type") == "application/octet-stream");
    CHECK(replaced.headers.get("x-oss-tagging-count") == "1");
    (void)copy(e, "/photos/c", "/photos/a", {{"x-oss-tagging-directive", "Replace"}, {"x-oss-tagging", "x=1&y=2"}});
    CHECK(e.get("/photos/c").headers.get("x-oss-tagging-count") == "2");
    CHECK(e.get("/photos/c").headers.get("x-oss-meta-user") == "me");
    CHECK(element(copy(e, "/photos/d", "/photos/a", {{"x-oss-metadata-directive", "MERGE"}}).body, "Code") ==
          "InvalidArgument");
}

TEST_CASE("an object copied onto itself gets new metadata and keeps its bytes")
{
    emulated e;
    (void)e.put("/photos/a", "abc", {{"x-oss-meta-user", "me"}, {"x-oss-object-acl", "public-read"}});
    CHECK(copy(e, "/photos/a", "/photos/a", {{"x-oss-meta-next", "1"}}).status == 200);
    auto const got = e.get("/photos/a");
    CHECK(bytes_of(got) == "abc");
    CHECK(got.headers.get("x-oss-meta-next") == "1");
    CHECK_FALSE(got.headers.contains("x-oss-meta-user"));
    CHECK(element(e.get("/photos/a?acl").body, "Grant") == "public-read");
}

TEST_CASE("a copy is made only under its conditions")
{
    emulated e;
    std::string const etag(e.put("/photos/a", "abc").headers.get("ETag"));
    CHECK(copy(e, "/photos/b", "/photos/a", {{"x-oss-copy-source-if-match", etag}}).status == 200);
    CHECK(copy(e, "/photos/b", "/photos/a", {{"x-oss-copy-source-if-match", "0"}}).status == 412);
    CHECK(copy(e, "/photos/b", "/photos/a", {{"x-oss-copy-source-if-none-match", etag}}).status == 304);
    CHECK(copy(e, "/photos/b", "/photos/a", {{"x-oss-forbid-overwrite", "true"}}).status == 409);
    CHECK(element(copy(e, "/photos/b", "/photos/none").body, "Code") == "NoSuchKey");
    CHECK(element(copy(e, "/photos/b", "/nowhere/a").body, "Code") == "NoSuchBucket");
    CHECK(element(copy(e, "/photos/b", "photos").body, "Code") == "InvalidArgument");
    CHECK(element(copy(e, "/photos/b", "/photos/a?versionId=1").body, "Code") == "NotImplemented");
}

TEST_CASE("an appendable object can only be copied onto itself, and a copied link is a link")
{
    emulated e;
    (void)e.post("/photos/log?append&position=0", "abc");
    CHECK(element(copy(e, "/photos/b", "/photos/log").body, "Code") == "OperationNotSupported");
    CHECK(copy(e, "/photos/log", "/photos/log", {{"x-oss-meta-a", "1"}}).status == 200);
    CHECK(e.post("/photos/log?append&position=3", "def").status == 200);
    CHECK(bytes_of(e.get("/photos/log")) == "abcdef");
    (void)e.put("/photos/link?symlink", "", {{"x-oss-symlink-target", "log"}});
    CHECK(copy(e, "/photos/other", "/photos/link").status == 200);
    CHECK(e.get("/photos/other?symlink").headers.get("x-oss-symlink-target") == "log");
}

TEST_CASE("nobody copies what he may not read")
{
    auto settings = emulated::open();
    settings.authenticate = true;
    emulated e(std::move(settings));
    for (std::string_view const name : {"closed", "open"}) {
        emulation::bucket_record bucket;
        bucket.name = name;
        bucket.acl = name == "open" ? "public-read-write" : "private";
        (void)e.service.objects.put_bucket(std::move(bucket));
        (void)e.service.objects.put_object(name, "a", std::make_shared<emulation::object_record>());
    }
    CHECK(copy(e, "/open/b", "/open/a").status == 200);
    CHECK(element(copy(e, "/open/b", "/closed/a").body, "Code") == "AccessDenied");
    CHECK(element(copy(e, "/closed/b", "/open/a").body, "Code") == "AccessDenied");
}
