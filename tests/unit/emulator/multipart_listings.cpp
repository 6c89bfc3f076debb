#include <ossify/emulator/multipart_listings.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::count_of;
using tests::element;
using tests::emulated;

namespace {

std::string begin(emulated& e, std::string const& key)
{
    return element(e.post("/photos/" + key + "?uploads").body, "UploadId");
}

}  // namespace

TEST_CASE("parts are listed in pages")
{
    emulated e;
    auto const id = begin(e, "k");
    for (int const n : {5, 1, 3})
        (void)e.put("/photos/k?partNumber=" + std::to_string(n) + "&uploadId=" + id, "123456789");
    auto const first = e.get("/photos/k?uploadId=" + id + "&max-parts=2").body;
    CHECK(count_of(first, "<Part>") == 2);
    CHECK(element(first, "PartNumber") == "1");
    CHECK(element(first, "Size") == "9");
    CHECK(element(first, "HashCrc64ecma") == "11051210869376104954");
    CHECK(element(first, "ETag") == "&quot;25F9E794323B453885F5181F1B624D0B&quot;");
    CHECK(element(first, "LastModified") == "2023-11-14T22:13:20.000Z");
    CHECK(element(first, "IsTruncated") == "true");
    CHECK(element(first, "NextPartNumberMarker") == "3");
    auto const second = e.get("/photos/k?uploadId=" + id + "&part-number-marker=3").body;
    CHECK(count_of(second, "<Part>") == 1);
    CHECK(element(second, "PartNumber") == "5");
    CHECK(element(second, "IsTruncated") == "false");
    CHECK(count_of(e.get("/photos/k?uploadId=" + id + "&part-number-marker=10000").body, "<Part>") == 0);
}

TEST_CASE("bad bounds and unknown uploads are refused")
{
    emulated e;
    auto const id = begin(e, "k");
    CHECK(e.get("/photos/k?uploadId=" + id + "&max-parts=1001").status == 400);
    CHECK(e.get("/photos/k?uploadId=" + id + "&max-parts=0").status == 400);
    CHECK(e.get("/photos/k?uploadId=" + id + "&part-number-marker=x").status == 400);
    CHECK(e.get("/photos/k?uploadId=" + id + "&encoding-type=base64").status == 400);
    CHECK(e.get("/photos/k?uploadId=AA").status == 404);
    CHECK(e.get("/photos/?uploads&max-uploads=1001").status == 400);
}

TEST_CASE("keys that XML cannot hold are encoded on request")
{
    emulated e;
    auto const id = begin(e, "a%01%2Fb");
    auto const text = e.get("/photos/a%01%2Fb?encoding-type=url&uploadId=" + id).body;
    CHECK(element(text, "Key") == "a%01%2Fb");
    CHECK(element(text, "EncodingType") == "url");
    CHECK(element(e.get("/photos/?uploads&encoding-type=url").body, "Key") == "a%01%2Fb");
}

TEST_CASE("uploads are listed by key, then id, and paged through")
{
    emulated e;
    for (std::string const key : {"b", "a", "b", "c", "b"})
        (void)begin(e, key);
    std::string seen;
    std::string marker;
    for (int page = 0; page != 10; ++page) {
        auto const text = e.get("/photos/?uploads&max-uploads=2" + marker).body;
        for (auto at = text.find("<Upload>"); at != text.npos; at = text.find("<Upload>", at + 1))
            seen += element(std::string_view(text).substr(at), "Key");
        if (element(text, "IsTruncated") == "false")
            break;
        marker = "&key-marker=" + element(text, "NextKeyMarker") +
                 "&upload-id-marker=" + element(text, "NextUploadIdMarker");
    }
    CHECK(seen == "abbbc");
}

TEST_CASE("a key marker alone leaves out all uploads of its key")
{
    emulated e;
    for (std::string const key : {"a", "b", "b", "c"})
        (void)begin(e, key);
    auto const text = e.get("/photos/?uploads&key-marker=b").body;
    CHECK(count_of(text, "<Upload>") == 1);
    CHECK(element(text, "Key") == "c");
}

TEST_CASE("prefix and delimiter group the uploads")
{
    emulated e;
    for (std::string const key : {"v/a/1", "v/a/2", "v/b", "w/1"})
        (void)begin(e, key);
    auto const text = e.get("/photos/?uploads&prefix=v%2F&delimiter=%2F").body;
    CHECK(count_of(text, "<Upload>") == 1);
    CHECK(element(text, "Key") == "v/b");
    CHECK(count_of(text, "<CommonPrefixes>") == 1);
    CHECK(text.find("<CommonPrefixes><Prefix>v/a/</Prefix></CommonPrefixes>") != text.npos);
}

TEST_CASE("groups are not repeated on the next page")
{
    emulated e;
    for (std::string const key : {"a/1", "a/2", "a/3", "b/1", "c"})
        (void)begin(e, key);
    std::size_t groups = 0;
    std::size_t uploads = 0;
    std::string marker;
    for (int page = 0; page != 10; ++page) {
        auto const text = e.get("/photos/?uploads&delimiter=%2F&max-uploads=1" + marker).body;
        groups += count_of(text, "<CommonPrefixes>");
        uploads += count_of(text, "<Upload>");
        if (element(text, "IsTruncated") == "false")
            break;
        marker = "&key-marker=" + element(text, "NextKeyMarker") +
                 "&upload-id-marker=" + element(text, "NextUploadIdMarker");
    }
    CHECK(groups == 2);
    CHECK(uploads == 1);
}
