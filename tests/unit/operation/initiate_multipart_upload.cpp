#include <ossify/operation/initiate_multipart_upload.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

std::string const sample = R"(<?xml version="1.0" encoding="UTF-8"?>
<InitiateMultipartUploadResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
    <EncodingType>url</EncodingType>
    <Bucket>oss-example</Bucket>
    <Key>multipart%2Edata</Key>
    <UploadId>0004B9894A22E5B1888A1E29F8236E2D</UploadId>
</InitiateMultipartUploadResult>)";

}  // namespace

TEST_CASE("initiating is a POST with the query item uploads and the object's headers")
{
    initiate_multipart_upload op("photos", "a.jpg");
    op.object.storage = storage_class::archive;
    op.object.metadata = {{"Owner", "me"}};
    auto const request = op.encode();
    REQUIRE(request.has_value());
    CHECK(request->method == http::method::post);
    CHECK(request->query.to_string() == "uploads");
    CHECK(request->headers.get("Content-Type") == "image/jpeg");
    CHECK(request->headers.get("x-oss-storage-class") == "Archive");
    CHECK(request->headers.get("x-oss-meta-owner") == "me");
}

TEST_CASE("an access control list waits for the completion")
{
    initiate_multipart_upload op("photos", "a.jpg");
    op.object.acl = object_acl::public_read;
    CHECK_FALSE(op.encode()->headers.contains("x-oss-object-acl"));
}

TEST_CASE("a sequential upload says so")
{
    initiate_multipart_upload op("photos", "a.jpg");
    op.sequential = true;
    CHECK(op.encode()->query.to_string() == "uploads&sequential");
}

TEST_CASE("a header that cannot be sent is refused with the operation's name")
{
    initiate_multipart_upload op("photos", "a.jpg");
    op.object.cache_control = "no\r\nX: y";
    auto const request = op.encode();
    REQUIRE(request.has_error());
    CHECK(request.error() == errc::invalid_argument);
    CHECK(request.error().info().operation == "InitiateMultipartUpload");
}

TEST_CASE("the answer gives the upload id, and the key that was asked for")
{
    auto const upload = initiate_multipart_upload("oss-example", "multipart.data").decode(http::response_head(200), sample);
    REQUIRE(upload.has_value());
    CHECK(*upload == multipart_upload("oss-example", "multipart.data", "0004B9894A22E5B1888A1E29F8236E2D"));
}

TEST_CASE("an answer without an upload id is a bad answer")
{
    initiate_multipart_upload const op("oss-example", "k");
    CHECK(op.decode(http::response_head(200), "").error() == errc::bad_answer);
    CHECK(op.decode(http::response_head(200), sample.substr(0, 100)).error() == errc::bad_answer);
    CHECK(op.decode(http::response_head(200), "<InitiateMultipartUploadResult/>").error() == errc::bad_answer);
    CHECK(op.decode(http::response_head(200), "<Other><UploadId>A</UploadId></Other>").error() == errc::bad_answer);
}

TEST_CASE("an error answer to initiating is the service's error")
{
    auto const upload = initiate_multipart_upload("b", "k").decode(
        http::response_head(409), "<Error><Code>FileAlreadyExists</Code><Message>exists</Message></Error>");
    REQUIRE(upload.has_error());
    CHECK(upload.error() == errc::object_exists);
    CHECK(upload.error().info().operation == "InitiateMultipartUpload");
}
