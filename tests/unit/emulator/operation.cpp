#include <ossify/emulator/operation.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;

namespace {

enum class level { service, bucket, object };

std::string routed(http::method method, level at, std::string_view query = {}, bool copies = false)
{
    route_facts facts;
    facts.method = method;
    facts.has_bucket = at != level::service;
    facts.has_key = at == level::object;
    facts.copies = copies;
    auto const found = route(facts, http::query::parse(query).value());
    return found ? std::string(to_string(*found)) : found.error().code;
}

}  // namespace

TEST_CASE("plain methods on objects")
{
    CHECK(routed(http::method::put, level::object) == "PutObject");
    CHECK(routed(http::method::get, level::object) == "GetObject");
    CHECK(routed(http::method::head, level::object) == "HeadObject");
    CHECK(routed(http::method::delete_, level::object) == "DeleteObject");
    CHECK(routed(http::method::put, level::object, "", true) == "CopyObject");
    CHECK(routed(http::method::post, level::object) == "MethodNotAllowed");
}

TEST_CASE("sub-resources choose the operation on an object")
{
    CHECK(routed(http::method::post, level::object, "uploads") == "InitiateMultipartUpload");
    CHECK(routed(http::method::put, level::object, "partNumber=1&uploadId=A") == "UploadPart");
    CHECK(routed(http::method::put, level::object, "partNumber=1&uploadId=A", true) == "UploadPartCopy");
    CHECK(routed(http::method::post, level::object, "uploadId=A") == "CompleteMultipartUpload");
    CHECK(routed(http::method::delete_, level::object, "uploadId=A") == "AbortMultipartUpload");
    CHECK(routed(http::method::get, level::object, "uploadId=A") == "ListParts");
    CHECK(routed(http::method::post, level::object, "append&position=0") == "AppendObject");
    CHECK(routed(http::method::put, level::object, "acl") == "PutObjectACL");
    CHECK(routed(http::method::get, level::object, "tagging") == "GetObjectTagging");
    CHECK(routed(http::method::delete_, level::object, "tagging") == "DeleteObjectTagging");
    CHECK(routed(http::method::get, level::object, "symlink") == "GetSymlink");
    CHECK(routed(http::method::head, level::object, "objectMeta") == "GetObjectMeta");
}

TEST_CASE("sub-resources choose the operation on a bucket")
{
    CHECK(routed(http::method::put, level::bucket) == "PutBucket");
    CHECK(routed(http::method::head, level::bucket) == "HeadBucket");
    CHECK(routed(http::method::delete_, level::bucket) == "DeleteBucket");
    CHECK(routed(http::method::get, level::bucket) == "GetBucket");
    CHECK(routed(http::method::get, level::bucket, "list-type=2") == "ListObjectsV2");
    CHECK(routed(http::method::get, level::bucket, "uploads&prefix=a") == "ListMultipartUploads");
    CHECK(routed(http::method::get, level::bucket, "bucketInfo") == "GetBucketInfo");
    CHECK(routed(http::method::get, level::bucket, "acl") == "GetBucketAcl");
    CHECK(routed(http::method::put, level::bucket, "acl") == "PutBucketAcl");
    CHECK(routed(http::method::post, level::bucket, "delete") == "DeleteMultipleObjects");
    CHECK(routed(http::method::post, level::bucket) == "PostObject");
}

TEST_CASE("the service itself lists buckets and takes nothing else")
{
    CHECK(routed(http::method::get, level::service) == "ListBuckets");
    CHECK(routed(http::method::put, level::service) == "MethodNotAllowed");
}

TEST_CASE("a sub-resource that the emulator has not is refused, not ignored")
{
    CHECK(routed(http::method::get, level::bucket, "lifecycle") == "NotImplemented");
    CHECK(routed(http::method::delete_, level::bucket, "tagging") == "NotImplemented");  // it must not delete the bucket
    CHECK(routed(http::method::get, level::object, "versionId=1") == "NotImplemented");
    CHECK(routed(http::method::get, level::object, "x-oss-process=image/resize") == "NotImplemented");
}

TEST_CASE("parameters that select nothing are ignored")
{
    CHECK(routed(http::method::get, level::object, "response-content-type=a&foo=b") == "GetObject");
    CHECK(routed(http::method::put, level::object, "callback=e30%3D") == "PutObject");
}

TEST_CASE("operations are found by both spellings of their names")
{
    CHECK(parse_operation("UploadPart") == operation::upload_part);
    CHECK(parse_operation("upload_part") == operation::upload_part);
    CHECK(parse_operation("complete_multipart_upload") == operation::complete_multipart_upload);
    for (char const* const name : {"GetBucket", "ListObjects", "list_objects"})
        CHECK(parse_operation(name) == operation::list_objects);
    CHECK(parse_operation("ListObjectsV2") == operation::list_objects_v2);
    CHECK(parse_operation("preflight") == operation::preflight);
    CHECK_FALSE(parse_operation("upload"));
    CHECK_FALSE(parse_operation("upload_parts"));
}
