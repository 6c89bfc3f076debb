#include <ossify/emulator/put_object.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::bytes_of;
using tests::element;
using tests::emulated;

TEST_CASE("a put object comes back with its metadata")
{
    emulated e;
    auto const put = e.put("/photos/a%20b", "0123456789",
                           {{"Content-Type", "text/plain"}, {"x-oss-meta-User", "me"}, {"Cache-Control", "no-store"}});
    CHECK(put.status == 200);
    CHECK(put.headers.get("ETag") == "\"781E5E245D69B566979B86E28D23F2C7\"");
    CHECK(put.headers.get("Content-MD5") == "eB5eJF1ptWaXm4bijSPyxw==");
    CHECK(put.headers.get("x-oss-request-id").size() == 24);
    CHECK(put.headers.get("Server") == "AliyunOSS");
    auto const got = e.get("/photos/a%20b");
    CHECK(bytes_of(got) == "0123456789");
    CHECK(got.headers.get("Content-Type") == "text/plain");
    CHECK(got.headers.get("x-oss-meta-user") == "me");
    CHECK(got.headers.get("Cache-Control") == "no-store");
    CHECK(got.headers.get("x-oss-hash-crc64ecma") == put.headers.get("x-oss-hash-crc64ecma"));
}

TEST_CASE("an object may come in pieces of any size")
{
    emulated e;
    std::string const body(10'000, 'a');
    CHECK(e.ask(http::method::put, "/photos/k", {}, body, 7).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == body);
}

TEST_CASE("a wrong Content-MD5 stores nothing")
{
    emulated e;
    auto const put = e.put("/photos/k", "abc", {{"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="}});
    CHECK(put.status == 400);
    CHECK(element(put.body, "Code") == "InvalidDigest");
    CHECK(e.get("/photos/k").status == 404);
}

TEST_CASE("a right Content-MD5 is accepted by every store")
{
    auto settings = emulated::open();
    settings.store = std::make_shared<emulation::discard_store>();
    emulated e(std::move(settings));
    CHECK(e.put("/photos/k", "0123456789", {{"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="}}).status == 200);
    CHECK(e.put("/photos/k", "012345678x", {{"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="}}).status == 400);
}

TEST_CASE("a body without a length is refused, a chunked one is not")
{
    emulated e;
    auto const none = e.ask(http::method::put, "/photos/k", {{"Transfer-Encoding", "chunked"}}, "abc");
    CHECK(none.status == 200);
    auto const head = emulated::head(http::method::put, "/photos/k", {});
    emulation::service_exchange x(e.service, head, {});
    CHECK(x.answer().status == 411);
    CHECK(element(x.answer().body, "Code") == "MissingContentLength");
}

TEST_CASE("more than 5 GiB is refused by its announced length and by its bytes")
{
    auto settings = emulated::open();
    settings.max_object_bytes = 10;
    emulated e(std::move(settings));
    CHECK(element(e.put("/photos/k", "01234567890").body, "Code") == "EntityTooLarge");
    CHECK(element(e.ask(http::method::put, "/photos/k", {{"Transfer-Encoding", "chunked"}}, "01234567890", 4).body,
                  "Code") == "EntityTooLarge");
    CHECK(e.put("/photos/k", "0123456789").status == 200);
}

TEST_CASE("forbid-overwrite protects an object that exists")
{
    emulated e;
    CHECK(e.put("/photos/k", "one", {{"x-oss-forbid-overwrite", "true"}}).status == 200);
    auto const again = e.put("/photos/k", "two", {{"x-oss-forbid-overwrite", "true"}});
    CHECK(again.status == 409);
    CHECK(element(again.body, "Code") == "FileAlreadyExists");
    CHECK(bytes_of(e.get("/photos/k")) == "one");
    CHECK(e.put("/photos/k", "two").status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == "two");
}

TEST_CASE("an object that comes meanwhile is not overwritten either")
{
    emulated e;
    auto const head = emulated::head(http::method::put, "/photos/k",
                                     {{"Content-Length", "3"}, {"x-oss-forbid-overwrite", "true"}});
    emulation::service_exchange x(e.service, head, {});
    (void)e.put("/photos/k", "first");
    x.receive(std::as_bytes(std::span(std::string_view("two"))));
    x.received_all();
    CHECK(x.answer().status == 409);
    CHECK(bytes_of(e.get("/photos/k")) == "first");
}

TEST_CASE("a callback's answer becomes the answer to the put")
{
    emulated e;
    e.verdict = emulation::callback_verdict::accepted("{\"ok\":1}");
    auto const callback = tests::base64(R"({"callbackUrl":"http://127.0.0.1/","callbackBody":"k=${object}&s=${size}"})");
    auto const put = e.put("/photos/a/b", "abc", {{"x-oss-callback", callback}});
    CHECK(e.callback_body == "k=a%2Fb&s=3");
    CHECK(put.status == 200);
    CHECK(put.body == "{\"ok\":1}");
    CHECK(put.headers.get("Content-Type") == "application/json");
    CHECK(put.headers.get("ETag") == "\"900150983CD24FB0D6963F7D28E17F72\"");
}

TEST_CASE("a failed callback is 203, and the object is stored with all its headers")
{
    emulated e;
    e.verdict = emulation::verdicts::status(301);
    auto const callback = tests::base64(R"({"callbackUrl":"http://127.0.0.1/","callbackBody":"a"})");
    auto const put = e.put("/photos/k", "abc", {{"x-oss-callback", callback}});
    CHECK(put.status == 203);
    CHECK(element(put.body, "Code") == "CallbackFailed");
    CHECK(element(put.body, "Message") == "Error status : 301.");
    CHECK(element(put.body, "EC") == "0007-00000203");
    CHECK(put.headers.get("x-oss-ec") == "0007-00000203");
    CHECK(element(put.body, "RequestId") == put.headers.get("x-oss-request-id"));
    CHECK(put.headers.contains("ETag"));
    CHECK(put.headers.contains("x-oss-hash-crc64ecma"));
    CHECK(bytes_of(e.get("/photos/k")) == "abc");
}

TEST_CASE("bad callback parameters are refused before anything is stored")
{
    emulated e;
    auto const put = e.put("/photos/k", "abc", {{"x-oss-callback", "not base64!"}});
    CHECK(put.status == 400);
    CHECK(element(put.body, "Code") == "InvalidArgument");
    CHECK(element(put.body, "Message") == "The callback configuration is not base64 encoded.");
    CHECK(element(put.body, "ArgumentName") == "callback");
    CHECK(e.get("/photos/k").status == 404);
}
