#include <ossify/emulator/get_object.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation::operations;
using tests::bytes_of;
using tests::element;
using tests::emulated;

namespace {

std::string range(std::string_view text, std::uint64_t size, bool clip = false)
{
    auto const r = parse_range(text, size, clip);
    return r ? std::to_string(r->first) + "+" + std::to_string(r->length) : "none";
}

}  // namespace

TEST_CASE("ranges within an object")
{
    CHECK(range("bytes=0-9", 10) == "0+10");
    CHECK(range("bytes=2-3", 10) == "2+2");
    CHECK(range("bytes=2-", 10) == "2+8");
    CHECK(range("bytes=-3", 10) == "7+3");
    CHECK(range("bytes=-10", 10) == "0+10");
}

TEST_CASE("ranges that end beyond the object are cut for clients that ask for the standard, and void for others")
{
    for (std::string_view const text : {"bytes=5-10", "bytes=5-99", "bytes=-30"})
        CHECK(range(text, 10) == "none");
    CHECK(range("bytes=5-99", 10, true) == "5+5");
    CHECK(range("bytes=-30", 10, true) == "0+10");
    CHECK(range("bytes=10-99", 10, true) == "none");
}

TEST_CASE("ranges that are none")
{
    for (std::string_view const text : {"bytes=10-", "bytes=3-2", "bytes=a-b", "bytes=-0", "bytes=-", "1-2", "bytes=1",
                                        "bytes=1-2,4-5", "bytes=1-x"})
        CHECK(range(text, 10) == "none");
    CHECK(range("bytes=0-0", 0) == "none");
    CHECK(range("bytes=-1", 0) == "none");
}

TEST_CASE("a range is answered with 206 and its place")
{
    emulated e;
    (void)e.put("/photos/k", "0123456789");
    auto const got = e.get("/photos/k", {{"Range", "bytes=2-4"}});
    CHECK(got.status == 206);
    CHECK(got.headers.get("Content-Range") == "bytes 2-4/10");
    CHECK(bytes_of(got) == "234");
}

TEST_CASE("a range outside gives the whole object, or 416 to clients that ask for the standard")
{
    emulated e;
    (void)e.put("/photos/k", "0123456789");
    CHECK(e.get("/photos/k", {{"Range", "bytes=20-30"}}).status == 200);
    auto const half = e.get("/photos/k", {{"Range", "bytes=8-30"}});
    CHECK(half.status == 200);
    CHECK(bytes_of(half) == "0123456789");
    CHECK_FALSE(half.headers.contains("Content-Range"));
    auto const cut = e.get("/photos/k", {{"Range", "bytes=8-30"}, {"x-oss-range-behavior", "standard"}});
    CHECK(cut.status == 206);
    CHECK(bytes_of(cut) == "89");
    auto const strict = e.get("/photos/k", {{"Range", "bytes=20-30"}, {"x-oss-range-behavior", "standard"}});
    CHECK(strict.status == 416);
    CHECK(element(strict.body, "Code") == "InvalidRange");
}

TEST_CASE("conditions on the ETag")
{
    emulated e;
    auto const put = e.put("/photos/k", "abc");
    std::string const etag(put.headers.get("ETag"));
    CHECK(e.get("/photos/k", {{"If-Match", etag}}).status == 200);
    CHECK(e.get("/photos/k", {{"If-Match", "\"other\""}}).status == 412);
    CHECK(e.get("/photos/k", {{"If-None-Match", etag}}).status == 304);
    CHECK(e.get("/photos/k", {{"If-None-Match", "\"x\", " + etag}}).status == 304);
    CHECK(e.get("/photos/k", {{"If-None-Match", "\"other\""}}).status == 200);
    CHECK(e.head_of("/photos/k", {{"If-Match", "\"other\""}}).status == 412);
}

TEST_CASE("conditions on the time of change")
{
    emulated e;  // its clock stands at 2023-11-14 22:13:20
    (void)e.put("/photos/k", "abc");
    std::string const before = "Tue, 14 Nov 2023 22:13:19 GMT";
    std::string const then = "Tue, 14 Nov 2023 22:13:20 GMT";
    CHECK(e.get("/photos/k", {{"If-Modified-Since", before}}).status == 200);
    CHECK(e.get("/photos/k", {{"If-Modified-Since", then}}).status == 304);
    CHECK(e.get("/photos/k", {{"If-Unmodified-Since", then}}).status == 200);
    CHECK(e.get("/photos/k", {{"If-Unmodified-Since", before}}).status == 412);
    CHECK(e.get("/photos/k", {{"If-Modified-Since", "nonsense"}}).status == 200);
}

TEST_CASE("response parameters replace headers, but not for strangers")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    auto const got = e.get("/photos/k?response-content-type=text%2Fhtml&response-cache-control=no-cache");
    CHECK(got.headers.get("Content-Type") == "text/html");
    CHECK(got.headers.get("Cache-Control") == "no-cache");
    CHECK(e.get("/photos/k?response-content-type=a%0d%0ab").status == 400);

    auto settings = emulated::open();
    settings.authenticate = true;
    emulated closed(std::move(settings));
    emulation::bucket_record bucket;
    bucket.name = "photos";
    bucket.acl = "public-read-write";
    (void)closed.service.objects.put_bucket(std::move(bucket));
    (void)closed.put("/photos/k", "abc");
    CHECK(closed.get("/photos/k").status == 200);
    auto const refused = closed.get("/photos/k?response-content-type=a");
    CHECK(refused.status == 400);
    CHECK(element(refused.body, "Code") == "InvalidRequest");
}

TEST_CASE("HEAD tells all but the bytes, and its errors in a header")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    auto const head = e.head_of("/photos/k");
    CHECK(head.status == 200);
    CHECK(head.headers.get("Content-Length") == "3");
    CHECK(head.headers.get("x-oss-object-type") == "Normal");
    CHECK(head.body.empty());
    auto const missing = e.head_of("/photos/none");
    CHECK(missing.status == 404);
    CHECK(missing.body.empty());
    auto const xml = codec::base64_decode(missing.headers.get("x-oss-err")).value();
    CHECK(element(xml, "Code") == "NoSuchKey");
    CHECK(element(xml, "RequestId") == missing.headers.get("x-oss-request-id"));
}

TEST_CASE("deleting answers 204 whether or not there was an object")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    CHECK(e.del("/photos/k").status == 204);
    CHECK(e.del("/photos/k").status == 204);
    CHECK(e.get("/photos/k").status == 404);
}

TEST_CASE("a reader keeps the object it began with")
{
    emulated e;
    (void)e.put("/photos/k", "old");
    auto const got = e.get("/photos/k");
    (void)e.put("/photos/k", "new and longer");
    CHECK(bytes_of(got) == "old");
}

TEST_CASE("a store without bytes refuses to give some")
{
    auto settings = emulated::open();
    settings.store = std::make_shared<emulation::discard_store>();
    emulated e(std::move(settings));
    (void)e.put("/photos/k", "abc");
    CHECK(element(e.get("/photos/k").body, "Code") == "NotImplemented");
    CHECK(e.head_of("/photos/k").headers.get("Content-Length") == "3");
    (void)e.put("/photos/empty", "");
    CHECK(e.get("/photos/empty").status == 200);
}

TEST_CASE("what is archived cannot be read where the emulator is strict")
{
    auto settings = emulated::open();
    settings.strict = true;
    emulated e(std::move(settings));
    (void)e.put("/photos/k", "abc", {{"x-oss-storage-class", "ColdArchive"}});
    auto const refused = e.get("/photos/k");
    CHECK(refused.status == 403);
    CHECK(element(refused.body, "Code") == "InvalidObjectState");
    CHECK(e.head_of("/photos/k").status == 200);
}
