#include <ossify/emulator/own_pages.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;
using tests::emulated;

TEST_CASE("the page of uploads counts how often each part came, also after the end")
{
    emulated e;
    auto const id = tests::element(e.post("/photos/k?uploads").body, "UploadId");
    for (int i = 0; i != 2; ++i)
        (void)e.put("/photos/k?partNumber=3&uploadId=" + id, "x");
    (void)e.del("/photos/k?uploadId=" + id);
    auto const page = find_own_page(e.service, "/_emulator/uploads");
    REQUIRE(page);
    auto const uploads = codec::parse_json(page->body).value();
    auto const& one = uploads.as_array().at(0).as_object();
    CHECK(one.at("uploadId").as_string() == id.c_str());
    CHECK(one.at("state").as_string() == "aborted");
    CHECK(one.at("received").as_object().at("3").to_number<int>() == 2);
}

TEST_CASE("the page of callbacks shows what was sent and what came back")
{
    emulated e;
    delivery d;
    d.key = "a\"b";
    d.began = service_time(std::chrono::milliseconds(1'700'000'000'000));
    delivery_attempt a;
    a.url = "http://h/";
    a.verdict = "Error status : 502.";
    d.attempts.push_back(a);
    e.service.deliveries.add(d);
    auto const callbacks = codec::parse_json(find_own_page(e.service, "/_emulator/callbacks")->body).value();
    auto const& one = callbacks.as_array().at(0).as_object();
    CHECK(one.at("key").as_string() == "a\"b");
    CHECK(one.at("time").as_string() == "2023-11-14T22:13:20.000Z");
    CHECK(one.at("attempts").as_array().at(0).as_object().at("verdict").as_string() == "Error status : 502.");
}

TEST_CASE("the page of callbacks is JSON whatever the bytes of keys and answers")
{
    emulated e;
    delivery d;
    d.key = "\xff\x80" "a\xc3\xa9\xf0\x9f\x98\x80\n\x01" "b\xe2\x82";  // no UTF-8 at its start and its end
    delivery_attempt a;
    a.answer_body = "{\"who\":\"J\xf6rg\"}";  // ISO 8859-1
    d.attempts.push_back(a);
    e.service.deliveries.add(d);
    auto const callbacks = codec::parse_json(find_own_page(e.service, "/_emulator/callbacks")->body);
    REQUIRE(callbacks);
    auto const& one = callbacks->as_array().at(0).as_object();
    std::string const no_text = "\xef\xbf\xbd";
    CHECK(std::string(one.at("key").as_string()) ==
          no_text + no_text + "a\xc3\xa9\xf0\x9f\x98\x80\n\x01" "b" + no_text + no_text);
    CHECK(std::string(one.at("attempts").as_array().at(0).as_object().at("answerBody").as_string()) ==
          "{\"who\":\"J" + no_text + "rg\"}");
}

TEST_CASE("anything else belongs to the service")
{
    emulated e;
    CHECK_FALSE(find_own_page(e.service, "/"));
    CHECK_FALSE(find_own_page(e.service, "/photos/callback_pub_key_v1.pem"));
    CHECK_FALSE(find_own_page(e.service, "/_emulator/other"));
}

TEST_CASE("the overview is a page of HTML, with and without the slash")
{
    emulated e;
    for (auto const* const target : {"/_emulator", "/_emulator/", "/_emulator/?watch"}) {
        auto const page = find_own_page(e.service, target);
        REQUIRE(page);
        CHECK(page->content_type == "text/html; charset=utf-8");
        CHECK(page->body.find("photos") != std::string::npos);
    }
}

TEST_CASE("the log of callbacks keeps the latest and counts all")
{
    delivery_log log(2);
    for (char const* const key : {"a", "b", "c"}) {
        delivery d;
        d.key = key;
        log.add(d);
    }
    CHECK(log.total() == 3);
    REQUIRE(log.entries().size() == 2);
    CHECK(log.entries()[0].key == "b");
}
