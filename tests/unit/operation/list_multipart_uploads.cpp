#include <ossify/operation/list_multipart_uploads.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

std::string const sample = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListMultipartUploadsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
    <Bucket>oss-example</Bucket>
    <EncodingType>url</EncodingType>
    <KeyMarker></KeyMarker>
    <UploadIdMarker></UploadIdMarker>
    <NextKeyMarker>a%20b%2Bc</NextKeyMarker>
    <NextUploadIdMarker>0004B99B8E707874FC2D692FA5D77D3F</NextUploadIdMarker>
    <Delimiter>%2F</Delimiter>
    <Prefix></Prefix>
    <MaxUploads>2</MaxUploads>
    <IsTruncated>true</IsTruncated>
    <Upload>
        <Key>a%01</Key>
        <UploadId>0004B999EF518A1FE585B0C9360DC4C8</UploadId>
        <Initiated>2012-02-23T04:18:23.000Z</Initiated>
    </Upload>
    <Upload>
        <Key>a%20b%2Bc</Key>
        <UploadId>0004B99B8E707874FC2D692FA5D77D3F</UploadId>
        <Initiated>2012-02-23T06:14:27.000Z</Initiated>
    </Upload>
    <CommonPrefixes><Prefix>dir%2F</Prefix></CommonPrefixes>
</ListMultipartUploadsResult>)";

}  // namespace

TEST_CASE("listing uploads asks the bucket, encoded, with what was given")
{
    list_multipart_uploads op("photos", "2026/");
    op.delimiter = "/";
    op.page_size = 10;
    op.after_key = "k";
    op.after_upload_id = "U";
    auto const request = op.encode();
    REQUIRE(request.has_value());
    CHECK(request->key.empty());
    CHECK(request->query.to_string() == "uploads&encoding-type=url&max-uploads=10&prefix=2026%2F&delimiter=%2F"
                                        "&key-marker=k&upload-id-marker=U");
}

TEST_CASE("a page of uploads is read, keys decoded")
{
    auto const page = list_multipart_uploads("oss-example").decode(http::response_head(200), sample);
    REQUIRE(page.has_value());
    REQUIRE(page->items.size() == 2);
    CHECK(page->items[0].upload == multipart_upload("oss-example", "a\x01", "0004B999EF518A1FE585B0C9360DC4C8"));
    CHECK(page->items[1].upload.key == "a b+c");
    CHECK(page->items[1].initiated == "2012-02-23T06:14:27.000Z");
    CHECK(page->common_prefixes == std::vector<std::string>{"dir/"});
    CHECK(page->truncated);
    CHECK(page->next_key == "a b+c");
    CHECK(page->next_upload_id == "0004B99B8E707874FC2D692FA5D77D3F");
}

TEST_CASE("without an encoding a key is taken as it is")
{
    auto const page = list_multipart_uploads("b").decode(
        http::response_head(200),
        "<ListMultipartUploadsResult><Upload><Key>100%</Key><UploadId>U</UploadId></Upload>"
        "</ListMultipartUploadsResult>");
    REQUIRE(page.has_value());
    CHECK(page->items[0].upload.key == "100%");
    CHECK_FALSE(page->truncated);
}

TEST_CASE("a list of uploads that stands still, or is damaged, is a bad answer")
{
    list_multipart_uploads op("oss-example");
    CHECK(op.decode(http::response_head(200), "<Nothing/>").error() == errc::bad_answer);
    CHECK(op.decode(http::response_head(200), sample.substr(0, 700)).error() == errc::bad_answer);
    op.after_key = "a b+c";
    op.after_upload_id = "0004B99B8E707874FC2D692FA5D77D3F";
    CHECK(op.decode(http::response_head(200), sample).error() == errc::bad_answer);
}
