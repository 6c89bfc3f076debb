#include <ossify/operation/abort_multipart_upload.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("giving an upload up is a DELETE with its id")
{
    auto const request = abort_multipart_upload(multipart_upload("photos", "a.jpg", "ID1")).encode();
    REQUIRE(request.has_value());
    CHECK(request->method == http::method::delete_);
    CHECK(request->query.to_string() == "uploadId=ID1");
}

TEST_CASE("giving up without an upload id is refused, as it would delete the object")
{
    CHECK(abort_multipart_upload(multipart_upload("photos", "a.jpg", "")).encode().error() == errc::invalid_argument);
}

TEST_CASE("204 is success, and an upload that is gone says so")
{
    abort_multipart_upload const op(multipart_upload("photos", "a.jpg", "ID1"));
    CHECK(op.decode(http::response_head(204), "").has_value());
    auto const gone = op.decode(http::response_head(404), "<Error><Code>NoSuchUpload</Code></Error>");
    REQUIRE(gone.has_error());
    CHECK(gone.error() == errc::no_such_upload);
    CHECK(gone.error().info().upload_id == "ID1");
}
