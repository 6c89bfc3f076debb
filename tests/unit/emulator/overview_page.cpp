#include <ossify/emulator/overview_page.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;
using tests::emulated;

namespace {

bool has(std::string const& page, std::string_view what) { return page.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("an empty service has a page that says what to do")
{
    emulated e;
    auto const page = overview_page(e.service, false);
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(has(page, "No object yet."));
    CHECK(has(page, "every multipart upload was completed or aborted"));
    CHECK(has(page, "x-oss-callback"));
}

TEST_CASE("the page shows objects, and uploads while they are open")
{
    emulated e;
    (void)e.put("/photos/a.txt", std::string(1536, 'x'), {{"Content-Type", "text/plain"}});
    auto const id = tests::element(e.post("/photos/big?uploads").body, "UploadId");
    (void)e.put("/photos/big?partNumber=1&uploadId=" + id, "part");
    auto const page = overview_page(e.service, false);
    CHECK(has(page, ">a.txt<"));
    CHECK(has(page, "1.5 KiB"));
    CHECK(has(page, ">text/plain<"));
    CHECK(has(page, id));
    CHECK(has(page, "2023-11-14 22:13:20"));
    (void)e.del("/photos/big?uploadId=" + id);
    CHECK_FALSE(has(overview_page(e.service, false), id));
}

TEST_CASE("the page shows callbacks, the latest first, without their signatures")
{
    emulated e;
    for (std::string const key : {"first", "second"}) {
        delivery d;
        d.bucket = "photos";
        d.key = key;
        d.body = "size=1";
        delivery_attempt a;
        a.url = "http://app/cb";
        a.request_head = "POST /cb HTTP/1.1\r\nauthorization: c2lnbmF0dXJl\r\nHost: app\r\n\r\n";
        a.status = 502;
        a.answer_body = "no such luck";
        a.verdict = "Error status : 502.";
        a.took = std::chrono::milliseconds(12);
        d.attempts.push_back(a);
        e.service.deliveries.add(d);
    }
    auto const page = overview_page(e.service, false);
    CHECK(page.find("photos / second") < page.find("photos / first"));
    for (auto const* const shown : {"http://app/cb", "Host: app", "no such luck", "Error status : 502.", "12 ms", "size=1"})
        CHECK(has(page, shown));
    CHECK_FALSE(has(page, "c2lnbmF0dXJl"));
}

TEST_CASE("nothing that a client sends becomes part of the page")
{
    emulated e;
    std::string const evil = "<script>alert(1)</script>";
    (void)e.put("/photos/" + codec::percent_encode(evil), "x", {{"Content-Type", evil}});
    (void)e.post("/photos/" + codec::percent_encode(evil) + "2?uploads");
    delivery d;
    d.bucket = d.key = d.body = d.operation = d.request_id = evil;
    delivery_attempt a;
    a.url = a.request_head = a.answer_head = a.answer_body = a.verdict = evil;
    d.attempts.push_back(a);
    e.service.deliveries.add(d);
    auto const page = overview_page(e.service, false);
    CHECK(tests::count_of(page, "&lt;script&gt;") >= 12);
    CHECK_FALSE(has(page, "<script"));
}

TEST_CASE("the page loads nothing, and asks again only when it is watched")
{
    emulated e;
    auto const page = overview_page(e.service, false);
    CHECK(has(page, "default-src 'none'"));
    for (auto const* const loads : {" src=", "url(", "@import", "<link", "<img", "<iframe"})
        CHECK_FALSE(has(page, loads));
    CHECK_FALSE(has(page, "http-equiv=refresh"));
    CHECK(has(overview_page(e.service, true), "http-equiv=refresh"));
}

TEST_CASE("long answers and long lists are cut, and the page says so")
{
    emulated e;
    for (int i = 0; i != 501; ++i)
        (void)e.put("/photos/k" + std::to_string(i), "");
    delivery d;
    d.body = std::string(10'000, 'b');
    e.service.deliveries.add(d);
    auto const page = overview_page(e.service, false);
    CHECK(has(page, "and 1 more"));
    CHECK(has(page, "1808 more bytes"));
}
