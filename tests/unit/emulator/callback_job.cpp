#include <ossify/emulator/callback_job.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace std::string_literals;
using tests::base64;
using tests::element;
using tests::emulated;

namespace {

std::string callback(std::string const& body, std::string const& type = "application/x-www-form-urlencoded")
{
    json::object o;
    o["callbackUrl"] = "http://127.0.0.1:1/";
    o["callbackBody"] = body;
    o["callbackBodyType"] = type;
    return base64(json::serialize(o));
}

std::string rendered(std::string const& body, std::string const& type, std::string const& content)
{
    emulated e;
    (void)e.put("/photos/a.png", content,
                {{"x-oss-callback", callback(body, type)}, {"x-oss-callback-var", base64(R"({"x:a":"1 2"})")},
                 {"Content-Type", "image/png"}});
    return e.callback_broken_image ? "broken" : e.callback_body;
}

std::string const form = "application/x-www-form-urlencoded";
std::string const as_json = "application/json";
std::string const png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\3\x2a\0\0\2\x1b\x8\6\0\0\0"s;

}  // namespace

TEST_CASE("a form body is filled in")
{
    CHECK(rendered("b=${bucket}&o=${object}&e=${etag}&s=${size}&m=${mimeType}&v=${x:a}&c=${crc64}&d=${contentMd5}", form,
                   "0123456789") ==
          "b=photos&o=a.png&e=781E5E245D69B566979B86E28D23F2C7&s=10&m=image%2Fpng&v=1%202"
          "&c=2838902930144391966&d=eB5eJF1ptWaXm4bijSPyxw%3D%3D");
}

TEST_CASE("a JSON body is filled in with JSON values")
{
    CHECK(rendered(R"({"o":${object},"s":${size},"v":${x:a},"i":${clientIp},"p":${operation},"n":${x:none}})", as_json,
                   "abc") ==
          R"({"o":"a.png","s":3,"v":"1 2","i":"192.0.2.1","p":"PutObject","n":null})");
}

TEST_CASE("image data come from the bytes, and are missing for anything else")
{
    CHECK(rendered("${imageInfo.width}x${imageInfo.height} ${imageInfo.format}", form, png) == "810x539 png");
    CHECK(rendered("${imageInfo.width}x${imageInfo.height} ${imageInfo.format}", form, "text") == "x ");
    CHECK(rendered("[${imageInfo.width},${imageInfo}]", as_json, "text") == "[null,null]");
}

TEST_CASE("an image that cannot be read makes the callback fail, when it is asked about")
{
    CHECK(rendered("${imageInfo.width}", form, png.substr(0, 18)) == "broken");
    CHECK(rendered("${size}", form, png.substr(0, 18)) == "18");
}

TEST_CASE("header and query together are refused")
{
    emulated e;
    std::string const text = callback("a");
    std::string target = "/photos/k?callback=";
    codec::percent_encode_to(target, text, false);
    CHECK(e.put(target, "x").status == 200);
    auto const both = e.put(target, "x", {{"x-oss-callback", text}});
    CHECK(both.status == 400);
    CHECK(element(both.body, "EC") == "0007-00000027");
    CHECK(element(both.body, "Message").find("should be specified, not both.") != std::string::npos);
    auto const vars = e.put("/photos/k?callback-var=e30%3D", "x",
                            {{"x-oss-callback", text}, {"x-oss-callback-var", "e30="}});
    CHECK(element(vars.body, "EC") == "0007-00000027");
}

TEST_CASE("hosts that are names must be looked up first, addresses need not")
{
    emulation::callback_job job;
    auto const add = [&](std::string const& url) { job.targets.emplace_back(url, codec::parse_url(url).value()); };
    add("http://127.0.0.1:1/");
    add("http://localhost/");
    CHECK_FALSE(job.must_be_checked());
    job.strict = true;
    CHECK(job.must_be_checked());
    job.strict = false;
    add("https://app.example.com/");
    CHECK(job.must_be_checked());
}

TEST_CASE("variables without a callback are ignored")
{
    emulated e;
    CHECK(e.put("/photos/k", "x", {{"x-oss-callback-var", "nonsense"}}).status == 200);
}
