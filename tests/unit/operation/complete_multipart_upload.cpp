#include <ossify/operation/complete_multipart_upload.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace ossify;

namespace {

multipart_upload const upload("photos", "a.jpg", "ID1");

complete_multipart_upload completion()
{
    complete_multipart_upload op(upload);
    op.parts = {part(2, "B", 5, crc64(std::string_view("56789"))), part(1, "A", 4, crc64(std::string_view("1234")))};
    return op;
}

encoded_callback some_callback()
{
    auto parameters = std::make_shared<detail::encoded_parameters>();
    parameters->base64 = "e30=";
    return encoded_callback(std::move(parameters), nullptr);
}

http::response_head completed()
{
    http::response_head head(200);
    head.headers.append("ETag", "\"B864DB6A936D376F9F8D3ED3BBE540DD-2\"");
    head.headers.append("x-oss-hash-crc64ecma", "11051210869376104954");
    return head;
}

}  // namespace

TEST_CASE("completing sends the parts in order of their numbers, with quoted ETags and a digest")
{
    auto const encoded = completion().encode();
    REQUIRE(encoded.has_value());
    CHECK(encoded->request.method == http::method::post);
    CHECK(encoded->request.query.to_string() == "uploadId=ID1");
    CHECK(encoded->body == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<CompleteMultipartUpload>"
                           "<Part><PartNumber>1</PartNumber><ETag>&quot;A&quot;</ETag></Part>"
                           "<Part><PartNumber>2</PartNumber><ETag>&quot;B&quot;</ETag></Part>"
                           "</CompleteMultipartUpload>");
    CHECK(encoded->request.headers.get("Content-Type") == "application/xml");
    CHECK(encoded->request.headers.get("Content-MD5").size() == 24);
}

TEST_CASE("completing with all parts sends a header and no body")
{
    complete_multipart_upload op(upload);
    op.all_parts = true;
    auto const encoded = op.encode();
    REQUIRE(encoded.has_value());
    CHECK(encoded->body.empty());
    CHECK(encoded->request.headers.get("x-oss-complete-all") == "yes");
    CHECK_FALSE(encoded->request.headers.contains("Content-MD5"));
}

TEST_CASE("completing carries callback, access control list and the ban on overwriting")
{
    auto op = completion();
    op.callback = some_callback();
    op.acl = object_acl::public_read;
    op.forbid_overwrite = true;
    auto const encoded = op.encode();
    REQUIRE(encoded.has_value());
    CHECK(encoded->request.carries_callback);
    CHECK(encoded->request.headers.get("x-oss-callback") == "e30=");
    CHECK(encoded->request.headers.get("x-oss-object-acl") == "public-read");
    CHECK(encoded->request.headers.get("x-oss-forbid-overwrite") == "true");
}

TEST_CASE("a list of parts that cannot be completed is refused, naming the part")
{
    complete_multipart_upload op(upload);
    CHECK(op.encode().error() == errc::invalid_argument);
    op.parts = {part(1, "A"), part(1, "B")};
    CHECK(op.encode().error().message() == "part 1 comes twice");
    op.parts = {part(7, "")};
    CHECK(op.encode().error().message() == "part 7 has no ETag");
    op.parts = {part(10001, "A")};
    CHECK(op.encode().error() == errc::invalid_argument);
    op.parts = {part(1, "A")};
    op.all_parts = true;
    CHECK(op.encode().error() == errc::invalid_argument);
    CHECK(op.encode().error().info().upload_id == "ID1");
}

TEST_CASE("the completed object has ETag, checksum, length and number of parts")
{
    auto const op = completion();
    auto const request = op.encode()->request;
    auto const stored = op.decode(request, completed(), "<CompleteMultipartUploadResult/>");
    REQUIRE(stored.has_value());
    CHECK(stored->etag == "B864DB6A936D376F9F8D3ED3BBE540DD-2");
    CHECK(stored->crc64 == 0x995DC9BBDF1939FAULL);
    CHECK(stored->bytes == 9);
    CHECK(stored->parts == 2);
    CHECK_FALSE(stored->callback.requested());
}

TEST_CASE("without an ETag header the document's counts")
{
    auto const op = completion();
    auto const stored = op.decode(op.encode()->request, http::response_head(200),
        R"(<CompleteMultipartUploadResult><ETag>"X-2"</ETag></CompleteMultipartUploadResult>)");
    REQUIRE(stored.has_value());
    CHECK(stored->etag == "X-2");
}

TEST_CASE("with a callback the whole body is the application server's answer")
{
    auto op = completion();
    op.callback = some_callback();
    auto const stored = op.decode(op.encode()->request, completed(), R"({"id":"7"})");
    REQUIRE(stored.has_value());
    CHECK(stored->callback.delivered());
    CHECK(stored->callback.body() == R"({"id":"7"})");
}

TEST_CASE("a completion whose callback failed is a stored object")
{
    auto op = completion();
    op.callback = some_callback();
    auto head = completed();
    head.status = 203;
    auto const stored = op.decode(op.encode()->request, head, "<Error><Code>CallbackFailed</Code></Error>");
    REQUIRE(stored.has_value());
    CHECK(stored->callback.failed());
    CHECK(stored->etag == "B864DB6A936D376F9F8D3ED3BBE540DD-2");
    CHECK(stored->bytes == 9);
}

TEST_CASE("a refused completion names its upload")
{
    auto const op = completion();
    auto const stored = op.decode(op.encode()->request, http::response_head(400),
                                  "<Error><Code>InvalidPartOrder</Code></Error>");
    REQUIRE(stored.has_error());
    CHECK(stored.error() == errc::invalid_part);
    CHECK(stored.error().info().upload_id == "ID1");
}

TEST_CASE("checksums of parts combine to that of the whole, whatever order they come in")
{
    auto parts = completion().parts;
    CHECK(combined_crc64({parts[1], parts[0]}) == crc64(std::string_view("123456789")));
    CHECK(combined_crc64({parts[0], parts[1]}) == crc64(std::string_view("123456789")));
    CHECK(combined_crc64({}) == 0);
}

TEST_CASE("a part without a checksum leaves the whole without one")
{
    CHECK_FALSE(combined_crc64({part(1, "A", 4, 7), part(2, "B", 5)}));
}

TEST_CASE("an ETag in the document is taken as it stands")
{
    service_request const request("CompleteMultipartUpload", http::method::post, "photos", "a.jpg");
    auto const done = completion().decode(request, http::response_head(200),
                                          "<CompleteMultipartUploadResult><ETag>&quot;a&#127;b&quot;</ETag>"
                                          "</CompleteMultipartUploadResult>");
    REQUIRE(done.has_value());
    CHECK(done->etag == "a\x7f" "b");
}
