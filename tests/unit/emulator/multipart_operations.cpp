#include <ossify/emulator/multipart_operations.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ossify;
using tests::bytes_of;
using tests::element;
using tests::emulated;

namespace {

std::string begin(emulated& e, std::string const& key = "k", tests::header_list headers = {})
{
    return element(e.post("/photos/" + key + "?uploads", "", std::move(headers)).body, "UploadId");
}

emulation::reply put_part(emulated& e, std::string const& id, int number, std::string_view body,
                          std::string const& key = "k")
{
    return e.put("/photos/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id, body);
}

struct listed {
    std::string number;
    std::string etag;
};

std::string list(std::vector<listed> const& parts)
{
    std::string out = "<CompleteMultipartUpload>";
    for (auto const& p : parts)
        out += "<Part><PartNumber>" + p.number + "</PartNumber><ETag>" + p.etag + "</ETag></Part>";
    return out + "</CompleteMultipartUpload>";
}

emulation::reply complete(emulated& e, std::string const& id, std::string const& body, tests::header_list headers = {})
{
    return e.post("/photos/k?uploadId=" + id, body, std::move(headers));
}

std::string const large(100 * 1024, 'a');

}  // namespace

TEST_CASE("parts sent in any order become one object in the order of their numbers")
{
    emulated e;
    auto const id = begin(e, "k", {{"Content-Type", "text/plain"}, {"x-oss-meta-a", "b"}});
    CHECK(id.size() == 32);
    std::string const b(110 * 1024, 'b');
    auto const three = put_part(e, id, 3, "tail");
    auto const two = put_part(e, id, 2, b);
    auto const one = put_part(e, id, 1, large);
    auto const done = complete(e, id,
                               list({{"1", std::string(one.headers.get("ETag"))},
                                     {"2", std::string(two.headers.get("ETag"))},
                                     {"3", std::string(three.headers.get("ETag"))}}));
    CHECK(done.status == 200);
    CHECK(element(done.body, "Location") == "http://127.0.0.1/photos/k");
    CHECK(element(done.body, "Bucket") == "photos");
    CHECK(std::string(done.headers.get("ETag")).ends_with("-3\""));
    CHECK(done.headers.get("x-oss-hash-crc64ecma") == std::to_string(crc64(large + b + "tail")));
    auto const got = e.get("/photos/k");
    CHECK(bytes_of(got) == large + b + "tail");
    CHECK(got.headers.get("x-oss-object-type") == "Multipart");
    CHECK(got.headers.get("Content-Type") == "text/plain");
    CHECK(got.headers.get("x-oss-meta-a") == "b");
    CHECK(e.service.objects.find_bucket("photos")->uploads.empty());
}

TEST_CASE("an upload that is open changes nothing, and a key may have several")
{
    emulated e;
    (void)e.put("/photos/k", "old");
    auto const first = begin(e);
    auto const second = begin(e);
    CHECK(first != second);
    (void)put_part(e, first, 1, "new");
    CHECK(bytes_of(e.get("/photos/k")) == "old");
}

TEST_CASE("the same number again replaces the part, and is counted")
{
    emulated e;
    auto const id = begin(e);
    (void)put_part(e, id, 1, "first");
    auto const again = put_part(e, id, 1, "second");
    CHECK(complete(e, id, list({{"1", std::string(again.headers.get("ETag"))}})).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == "second");
    auto const& trace = e.service.uploads.entries().back();
    CHECK(trace.received.at(1) == 2);
    CHECK(trace.state == emulation::upload_trace::fate::completed);
}

TEST_CASE("ETags are accepted with quotes, without, and with quotes as entities")
{
    for (auto const& wrap : std::vector<listed>{{"\"", "\""}, {"", ""}, {"&quot;", "&quot;"}, {"&#34;", "&#34;"}}) {
        emulated e;
        auto const id = begin(e);
        std::string etag(put_part(e, id, 1, "x").headers.get("ETag"));
        etag = etag.substr(1, etag.size() - 2);
        CHECK(complete(e, id, list({{"1", wrap.number + etag + wrap.etag}})).status == 200);
    }
}

TEST_CASE("part numbers go from 1 to 10000")
{
    emulated e;
    auto const id = begin(e);
    CHECK(put_part(e, id, 1, "x").status == 200);
    CHECK(put_part(e, id, 10000, "x").status == 200);
    CHECK(element(put_part(e, id, 0, "x").body, "Code") == "InvalidArgument");
    CHECK(element(put_part(e, id, 10001, "x").body, "Code") == "InvalidArgument");
    CHECK(element(e.put("/photos/k?partNumber=&uploadId=" + id, "x").body, "Code") == "InvalidArgument");
}

TEST_CASE("an upload that is unknown, of another key, completed or aborted does not exist")
{
    emulated e;
    auto const id = begin(e);
    auto const part = put_part(e, id, 1, "x");
    CHECK(element(put_part(e, "0123", 1, "x").body, "Code") == "NoSuchUpload");
    CHECK(element(put_part(e, id, 1, "x", "other").body, "Code") == "NoSuchUpload");
    std::string const body = list({{"1", std::string(part.headers.get("ETag"))}});
    CHECK(complete(e, id, body).status == 200);
    CHECK(complete(e, id, body).status == 404);
    CHECK(element(complete(e, id, body).body, "Code") == "NoSuchUpload");
    auto const other = begin(e);
    CHECK(e.del("/photos/k?uploadId=" + other).status == 204);
    CHECK(e.del("/photos/k?uploadId=" + other).status == 404);
    CHECK(put_part(e, other, 1, "x").status == 404);
}

TEST_CASE("an upload that ends while a part arrives refuses the part")
{
    emulated e;
    auto const id = begin(e);
    auto const head = emulated::head(http::method::put, "/photos/k?partNumber=1&uploadId=" + id, {{"Content-Length", "1"}});
    emulation::service_exchange x(e.service, head, {});
    (void)e.del("/photos/k?uploadId=" + id);
    x.receive(std::as_bytes(std::span(std::string_view("x"))));
    x.received_all();
    CHECK(element(x.answer().body, "Code") == "NoSuchUpload");
}

TEST_CASE("the list must be in ascending order with numbers in range")
{
    emulated e;
    auto const id = begin(e);
    std::string const etag(put_part(e, id, 1, large).headers.get("ETag"));
    (void)put_part(e, id, 2, large);
    for (auto const& parts : std::vector<std::vector<listed>>{
             {{"2", etag}, {"1", etag}}, {{"1", etag}, {"1", etag}}, {{"0", etag}}, {{"10001", etag}}, {{"x", etag}}})
        CHECK(element(complete(e, id, list(parts)).body, "Code") == "InvalidPartOrder");
}

TEST_CASE("a part that is not there, or has another ETag, is invalid")
{
    emulated e;
    auto const id = begin(e);
    std::string const etag(put_part(e, id, 1, large).headers.get("ETag"));
    auto const missing = complete(e, id, list({{"1", etag}, {"7", etag}}));
    CHECK(missing.status == 400);
    CHECK(element(missing.body, "Code") == "InvalidPart");
    CHECK(element(missing.body, "PartNumber") == "7");
    CHECK(element(complete(e, id, list({{"1", "\"0000\""}})).body, "Code") == "InvalidPart");
    CHECK(complete(e, id, list({{"1", etag}})).status == 200);
}

TEST_CASE("gaps between numbers are fine")
{
    emulated e;
    auto const id = begin(e);
    std::string const a(put_part(e, id, 3, large).headers.get("ETag"));
    std::string const b(put_part(e, id, 9999, "z").headers.get("ETag"));
    CHECK(complete(e, id, list({{"3", a}, {"9999", b}})).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == large + "z");
}

TEST_CASE("parts that are not listed are dropped")
{
    emulated e;
    auto const id = begin(e);
    (void)put_part(e, id, 1, "dropped");
    std::string const b(put_part(e, id, 2, "kept").headers.get("ETag"));
    CHECK(complete(e, id, list({{"2", b}})).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == "kept");
}

TEST_CASE("only the last part may be smaller than 100 KiB")
{
    emulated e;
    auto const id = begin(e);
    std::string const small(put_part(e, id, 1, large.substr(1)).headers.get("ETag"));
    std::string const last(put_part(e, id, 2, "z").headers.get("ETag"));
    auto const refused = complete(e, id, list({{"1", small}, {"2", last}}));
    CHECK(refused.status == 400);
    CHECK(element(refused.body, "Code") == "EntityTooSmall");
    CHECK(element(refused.body, "ProposedSize") == "102399");
    CHECK(complete(e, id, list({{"2", last}})).status == 200);
}

TEST_CASE("a list that is no list is malformed")
{
    emulated e;
    auto const id = begin(e);
    (void)put_part(e, id, 1, "x");
    for (std::string const body : {"", "<CompleteMultipartUpload/>", "<Other><Part/></Other>", "not xml",
                                   "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part>"
                                   "</CompleteMultipartUpload>"})
        CHECK(element(complete(e, id, body).body, "Code") == "MalformedXML");
}

TEST_CASE("x-oss-complete-all takes what is there, and no list")
{
    emulated e;
    auto const id = begin(e);
    CHECK(element(complete(e, id, "", {{"x-oss-complete-all", "yes"}}).body, "Code") == "FilePartNotExist");
    (void)put_part(e, id, 2, "z");
    (void)put_part(e, id, 1, large);
    CHECK(complete(e, id, list({{"1", "x"}}), {{"x-oss-complete-all", "yes"}}).status == 400);
    CHECK(complete(e, id, "", {{"x-oss-complete-all", "no"}}).status == 400);
    CHECK(complete(e, id, "", {{"x-oss-complete-all", "yes"}}).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == large + "z");
}

TEST_CASE("Content-MD5 is checked for parts and for the list")
{
    emulated e;
    auto const id = begin(e);
    auto const bad = e.put("/photos/k?partNumber=1&uploadId=" + id, "x", {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}});
    CHECK(element(bad.body, "Code") == "InvalidDigest");
    std::string const etag(put_part(e, id, 1, "x").headers.get("ETag"));
    CHECK(element(complete(e, id, list({{"1", etag}}), {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}}).body, "Code") ==
          "InvalidDigest");
}

TEST_CASE("forbid-overwrite is honoured at both ends")
{
    emulated e;
    auto const id = begin(e);
    std::string const etag(put_part(e, id, 1, "x").headers.get("ETag"));
    (void)e.put("/photos/k", "old");
    CHECK(e.post("/photos/k?uploads", "", {{"x-oss-forbid-overwrite", "true"}}).status == 409);
    CHECK(complete(e, id, list({{"1", etag}}), {{"x-oss-forbid-overwrite", "true"}}).status == 409);
    CHECK(bytes_of(e.get("/photos/k")) == "old");
    CHECK(complete(e, id, list({{"1", etag}})).status == 200);
}

TEST_CASE("the ACL belongs to completion")
{
    emulated e;
    auto const id = begin(e, "k", {{"x-oss-object-acl", "public-read"}});
    std::string const etag(put_part(e, id, 1, "x").headers.get("ETag"));
    CHECK(complete(e, id, list({{"1", etag}}), {{"x-oss-object-acl", "nonsense"}}).status == 400);
    CHECK(complete(e, id, list({{"1", etag}}), {{"x-oss-object-acl", "private"}}).status == 200);
    CHECK(e.service.objects.find_object("photos", "k")->attributes.acl == "private");
}

TEST_CASE("a callback on completion replaces the body and keeps the headers")
{
    emulated e;
    e.verdict = emulation::callback_verdict::accepted("{\"ok\":1}");
    auto const id = begin(e);
    std::string const etag(put_part(e, id, 1, "xyz").headers.get("ETag"));
    auto const callback =
        tests::base64(R"({"callbackUrl":"http://127.0.0.1/","callbackBody":"${operation} ${size} ${etag}"})");
    auto const done = complete(e, id, list({{"1", etag}}), {{"x-oss-callback", callback}});
    CHECK(done.body == "{\"ok\":1}");
    std::string const whole(done.headers.get("ETag"));
    CHECK(whole.ends_with("-1\""));
    CHECK(e.callback_body == "CompleteMultipartUpload 3 " + whole.substr(1, whole.size() - 2));
    CHECK(done.headers.get("x-oss-hash-crc64ecma") == std::to_string(crc64("xyz")));
}

TEST_CASE("bad callback parameters leave the upload open")
{
    emulated e;
    auto const id = begin(e);
    std::string const etag(put_part(e, id, 1, "x").headers.get("ETag"));
    CHECK(complete(e, id, list({{"1", etag}}), {{"x-oss-callback", "!"}}).status == 400);
    CHECK(complete(e, id, list({{"1", etag}})).status == 200);
}

TEST_CASE("parts are copied from objects, whole and in ranges")
{
    emulated e;
    (void)e.put("/photos/from%20here", large + "tail");
    auto const id = begin(e);
    auto const copy = [&](int number, tests::header_list headers) {
        headers.emplace_back("x-oss-copy-source", "/photos/from%20here");
        return e.put("/photos/k?partNumber=" + std::to_string(number) + "&uploadId=" + id, "", std::move(headers));
    };
    auto const one = copy(1, {});
    auto const two = copy(2, {{"x-oss-copy-source-range", "bytes=102400-102401"}});
    CHECK(one.status == 200);
    CHECK(element(two.body, "ETag") == "&quot;FEC8F2A3F2E808CCB17C4D278B4FA469&quot;");  // MD5 of "ta"
    CHECK(complete(e, id, "", {{"x-oss-complete-all", "yes"}}).status == 200);
    CHECK(bytes_of(e.get("/photos/k")) == large + "tail" + "ta");
}

TEST_CASE("a range of an empty object is the whole of it, and no range is told")
{
    emulated e;
    (void)e.put("/photos/empty", "");
    auto const id = begin(e);
    auto const copied = e.put("/photos/k?partNumber=1&uploadId=" + id, "",
                              {{"x-oss-copy-source", "/photos/empty"}, {"x-oss-copy-source-range", "bytes=0-5"}});
    CHECK(copied.status == 200);
    CHECK_FALSE(copied.headers.contains("Content-Range"));
}

TEST_CASE("a copy's conditions and mistakes")
{
    emulated e;
    std::string const etag(e.put("/photos/from", "abc").headers.get("ETag"));
    auto const id = begin(e);
    auto const copy = [&](std::string source, tests::header_list headers) {
        headers.emplace_back("x-oss-copy-source", std::move(source));
        return e.put("/photos/k?partNumber=1&uploadId=" + id, "", std::move(headers));
    };
    CHECK(copy("/photos/from", {{"x-oss-copy-source-if-match", etag}}).status == 200);
    CHECK(copy("/photos/from", {{"x-oss-copy-source-if-match", "\"x\""}}).status == 412);
    CHECK(copy("/photos/from", {{"x-oss-copy-source-if-none-match", etag}}).status == 304);
    CHECK(element(copy("/photos/none", {}).body, "Code") == "NoSuchKey");
    CHECK(element(copy("/nowhere/from", {}).body, "Code") == "NoSuchBucket");
    CHECK(element(copy("photos", {}).body, "Code") == "InvalidArgument");
}

TEST_CASE("a sequential upload wants its parts in order")
{
    emulated e;
    auto const id = element(e.post("/photos/k?uploads&sequential").body, "UploadId");
    CHECK(put_part(e, id, 2, "x").status == 400);
    CHECK(put_part(e, id, 1, "x").status == 200);
    CHECK(put_part(e, id, 2, "x").status == 200);
    CHECK(put_part(e, id, 2, "again").status == 200);
    CHECK(put_part(e, id, 1, "x").status == 400);
}
