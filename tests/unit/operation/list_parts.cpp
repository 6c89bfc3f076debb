#include <ossify/operation/list_parts.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

multipart_upload const upload("multipart_upload", "multipart.data", "0004B999EF5A239BB9138C6227D69F95");

// OSS documentation, ListParts.
std::string const sample = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListPartsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
    <Bucket>multipart_upload</Bucket>
    <Key>multipart.data</Key>
    <UploadId>0004B999EF5A239BB9138C6227D69F95</UploadId>
    <NextPartNumberMarker>5</NextPartNumberMarker>
    <MaxParts>1000</MaxParts>
    <IsTruncated>false</IsTruncated>
    <Part>
        <PartNumber>1</PartNumber>
        <LastModified>2012-02-23T07:01:34.000Z</LastModified>
        <ETag>"3349DC700140D7F86A0784842780****"</ETag>
        <Size>6291456</Size>
        <HashCrc64ecma>18446744073709551615</HashCrc64ecma>
    </Part>
    <Part>
        <PartNumber>5</PartNumber>
        <LastModified>2012-02-23T07:02:03.000Z</LastModified>
        <ETag>"7265F4D211B56873A381D321F586****"</ETag>
        <Size>1024</Size>
    </Part>
</ListPartsResult>)";

}  // namespace

TEST_CASE("listing parts asks for a page after a marker")
{
    list_parts op(upload);
    op.page_size = 100;
    op.after = 7;
    auto const request = op.encode();
    REQUIRE(request.has_value());
    CHECK(request->method == http::method::get);
    CHECK(request->query.to_string() ==
          "uploadId=0004B999EF5A239BB9138C6227D69F95&max-parts=100&part-number-marker=7&encoding-type=url");
}

TEST_CASE("a page of more than 1000 parts is refused")
{
    list_parts op(upload);
    op.page_size = 1001;
    CHECK(op.encode().error() == errc::invalid_argument);
}

TEST_CASE("a page of parts is read with sizes and checksums")
{
    auto const page = list_parts(upload).decode(http::response_head(200), sample);
    REQUIRE(page.has_value());
    REQUIRE(page->items.size() == 2);
    CHECK(page->items[0] == part(1, "3349DC700140D7F86A0784842780****", 6291456, 18446744073709551615ULL));
    CHECK(page->items[1] == part(5, "7265F4D211B56873A381D321F586****", 1024));
    CHECK_FALSE(page->truncated);
}

TEST_CASE("a page that is not the last one says where the next begins")
{
    std::string more = sample;
    more.replace(more.find("false"), 5, "true");
    auto const page = list_parts(upload).decode(http::response_head(200), more);
    REQUIRE(page.has_value());
    CHECK(page->truncated);
    CHECK(page->next_after == 5);
}

TEST_CASE("a list that would go on for ever is a bad answer")
{
    std::string more = sample;
    more.replace(more.find("false"), 5, "true");
    list_parts op(upload);
    op.after = 5;
    CHECK(op.decode(http::response_head(200), more).error() == errc::bad_answer);
}

TEST_CASE("a damaged list of parts is a bad answer")
{
    list_parts const op(upload);
    CHECK(op.decode(http::response_head(200), sample.substr(0, 300)).error() == errc::bad_answer);
    std::string nameless = sample;
    nameless.replace(nameless.find("<PartNumber>1<"), 14, "<PartNumber>x<");
    CHECK(op.decode(http::response_head(200), nameless).error() == errc::bad_answer);
}

TEST_CASE("the parts of an upload that is gone are the service's error")
{
    auto const page = list_parts(upload).decode(http::response_head(404), "<Error><Code>NoSuchUpload</Code></Error>");
    REQUIRE(page.has_error());
    CHECK(page.error() == errc::no_such_upload);
}
