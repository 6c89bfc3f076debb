#include <ossify/emulator/append_object.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::bytes_of;
using tests::element;
using tests::emulated;

TEST_CASE("pieces are appended where the object ends")
{
    emulated e;
    auto const first = e.post("/photos/log?append&position=0", "01234",
                              {{"Content-Type", "text/plain"}, {"x-oss-meta-user", "me"}});
    CHECK(first.status == 200);
    CHECK(first.headers.get("x-oss-next-append-position") == "5");
    auto const second = e.post("/photos/log?append&position=5", "56789");
    CHECK(second.headers.get("x-oss-next-append-position") == "10");
    CHECK(second.headers.get("ETag") != first.headers.get("ETag"));
    auto const got = e.get("/photos/log");
    CHECK(bytes_of(got) == "0123456789");
    CHECK(got.headers.get("x-oss-object-type") == "Appendable");
    CHECK(got.headers.get("x-oss-next-append-position") == "10");
    CHECK(got.headers.get("Content-Type") == "text/plain");
    CHECK(got.headers.get("x-oss-meta-user") == "me");
    CHECK_FALSE(got.headers.contains("Content-MD5"));
    auto const whole = e.put("/photos/k", "0123456789");
    CHECK(second.headers.get("x-oss-hash-crc64ecma") == whole.headers.get("x-oss-hash-crc64ecma"));
}

TEST_CASE("a wrong position is refused with the right one")
{
    emulated e;
    (void)e.post("/photos/log?append&position=0", "abc");
    for (char const* const wrong : {"0", "2", "4"}) {
        auto const refused = e.post(std::string("/photos/log?append&position=") + wrong, "d");
        CHECK(refused.status == 409);
        CHECK(element(refused.body, "Code") == "PositionNotEqualToLength");
        CHECK(refused.headers.get("x-oss-next-append-position") == "3");
    }
    CHECK(element(e.post("/photos/new?append&position=1", "a").body, "Code") == "PositionNotEqualToLength");
    CHECK(element(e.post("/photos/new?append&position=-1", "a").body, "Code") == "InvalidArgument");
    CHECK(element(e.post("/photos/new?append", "a").body, "Code") == "InvalidArgument");
}

TEST_CASE("only what began with an append can be appended to")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    auto const refused = e.post("/photos/k?append&position=3", "d");
    CHECK(refused.status == 409);
    CHECK(element(refused.body, "Code") == "ObjectNotAppendable");
    (void)e.post("/photos/log?append&position=0", "abc");
    (void)e.put("/photos/log", "xyz");
    CHECK(e.post("/photos/log?append&position=3", "d").status == 409);
}

TEST_CASE("appending nothing changes nothing")
{
    emulated e;
    auto const first = e.post("/photos/log?append&position=0", "abc");
    auto const again = e.post("/photos/log?append&position=3", "");
    CHECK(again.status == 200);
    CHECK(again.headers.get("ETag") == first.headers.get("ETag"));
    CHECK(again.headers.get("x-oss-next-append-position") == "3");
}

TEST_CASE("a piece is checked before it is appended")
{
    auto settings = emulated::open();
    settings.max_object_bytes = 4;
    emulated e(std::move(settings));
    (void)e.post("/photos/log?append&position=0", "abc");
    CHECK(element(e.post("/photos/log?append&position=3", "d", {{"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="}}).body,
                  "Code") == "InvalidDigest");
    CHECK(element(e.post("/photos/log?append&position=3", "de").body, "Code") == "EntityTooLarge");
    CHECK(element(e.post("/photos/log?append&position=3", "d", {{"x-oss-meta-a", "1"}}).body, "Code") ==
          "InvalidArgument");
    CHECK(bytes_of(e.get("/photos/log")) == "abc");
}
