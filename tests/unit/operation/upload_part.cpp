#include <ossify/operation/upload_part.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

multipart_upload const upload("photos", "a.jpg", "ID1");

http::response_head stored()
{
    http::response_head head(200);
    head.headers.append("ETag", "\"7265F4D211B56873A381D321F586E4A9\"");
    return head;
}

}  // namespace

TEST_CASE("a part is a PUT with its number and the upload id, in this order")
{
    auto const request = upload_part(upload, 3).encode();
    REQUIRE(request.has_value());
    CHECK(request->method == http::method::put);
    CHECK(request->bucket == "photos");
    CHECK(request->key == "a.jpg");
    CHECK(request->query.to_string() == "partNumber=3&uploadId=ID1");
    CHECK(request->headers.empty());
}

TEST_CASE("a part carries a traffic limit and a digest when they are given")
{
    upload_part op(upload, 1);
    op.traffic_limit = 819200;
    op.content_md5 = "eB5eJF1ptWaXm4bijSPyxw==";
    auto const request = op.encode();
    REQUIRE(request.has_value());
    CHECK(request->headers.get("x-oss-traffic-limit") == "819200");
    CHECK(request->headers.get("Content-MD5") == "eB5eJF1ptWaXm4bijSPyxw==");
}

TEST_CASE("a part number outside 1 to 10000 is refused")
{
    CHECK(upload_part(upload, 0).encode().error() == errc::invalid_argument);
    CHECK(upload_part(upload, 10001).encode().error() == errc::invalid_argument);
    CHECK(upload_part(upload, 10000).encode().has_value());
}

TEST_CASE("a part of no upload is refused, as it would be another operation")
{
    auto const request = upload_part(multipart_upload("photos", "a.jpg", ""), 1).encode();
    REQUIRE(request.has_error());
    CHECK(request.error() == errc::invalid_argument);
    CHECK(request.error().info().operation == "UploadPart");
}

TEST_CASE("a traffic limit that the service does not know is refused")
{
    upload_part op(upload, 1);
    op.traffic_limit = 1;
    CHECK(op.encode().error() == errc::invalid_argument);
}

TEST_CASE("the receipt has number, ETag without quotes, length and checksum")
{
    auto head = stored();
    head.headers.append("x-oss-hash-crc64ecma", "11051210869376104954");
    auto const receipt = upload_part(upload, 3).decode(head, "", 9);
    REQUIRE(receipt.has_value());
    CHECK(*receipt == part(3, "7265F4D211B56873A381D321F586E4A9", 9, 0x995DC9BBDF1939FAULL));
}

TEST_CASE("a receipt without the service's checksum has none")
{
    CHECK_FALSE(upload_part(upload, 3).decode(stored(), "", 9)->crc64);
}

TEST_CASE("an answer to a part without an ETag, or with a bad checksum, is a bad answer")
{
    CHECK(upload_part(upload, 3).decode(http::response_head(200), "", 9).error() == errc::bad_answer);
    auto head = stored();
    head.headers.append("x-oss-hash-crc64ecma", "12x");
    CHECK(upload_part(upload, 3).decode(head, "", 9).error() == errc::bad_answer);
}

TEST_CASE("a part that is refused names its number and its upload")
{
    auto const receipt = upload_part(upload, 3).decode(
        http::response_head(404), "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>", 9);
    REQUIRE(receipt.has_error());
    CHECK(receipt.error() == errc::no_such_upload);
    CHECK(receipt.error().info().part_number == 3);
    CHECK(receipt.error().info().upload_id == "ID1");
}
