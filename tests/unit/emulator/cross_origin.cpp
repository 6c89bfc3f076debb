#include <ossify/emulator/cross_origin.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

using namespace ossify;
using tests::emulated;

TEST_CASE("a page of another origin may read answers and the headers that matter")
{
    emulated e;
    auto const put = e.put("/photos/k", "abc", {{"Origin", "https://app.example.com"}});
    auto const missing = e.get("/photos/none", {{"Origin", "https://app.example.com"}});
    CHECK(put.headers.get("Access-Control-Allow-Origin") == "*");
    CHECK(put.headers.get("Access-Control-Expose-Headers").find("ETag") != std::string::npos);
    CHECK(missing.status == 404);
    CHECK(missing.headers.get("Access-Control-Allow-Origin") == "*");
}

TEST_CASE("who sends no origin gets no word about it")
{
    emulated e;
    CHECK_FALSE(e.put("/photos/k", "abc").headers.contains("Access-Control-Allow-Origin"));
}

TEST_CASE("a browser that asks first is allowed what it asks for, without a signature")
{
    auto settings = emulated::open();
    settings.authenticate = true;
    emulated e(std::move(settings));
    auto const answer = e.ask(http::method::options, "/photos/k",
                              {{"Origin", "https://app.example.com"},
                               {"Access-Control-Request-Method", "PUT"},
                               {"Access-Control-Request-Headers", "x-oss-callback,content-type"}});
    CHECK(answer.status == 200);
    CHECK(answer.headers.get("Access-Control-Allow-Origin") == "*");
    CHECK(answer.headers.get("Access-Control-Allow-Methods") == "PUT");
    CHECK(answer.headers.get("Access-Control-Allow-Headers") == "x-oss-callback,content-type");
}

TEST_CASE("a question without its parts is refused")
{
    emulated e;
    CHECK(e.ask(http::method::options, "/photos/k").status == 400);
    CHECK(e.ask(http::method::options, "/photos/k", {{"Origin", "https://app.example.com"}}).status == 400);
}
