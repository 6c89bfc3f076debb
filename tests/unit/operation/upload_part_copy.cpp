#include <ossify/operation/upload_part_copy.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

upload_part_copy copy()
{
    upload_part_copy op(multipart_upload("photos", "a.jpg", "ID1"), 2);
    op.source_bucket = "old";
    op.source_key = "dir/b c.jpg";
    return op;
}

}  // namespace

TEST_CASE("a copied part names its source, encoded, and no range for the whole")
{
    auto const request = copy().encode();
    REQUIRE(request.has_value());
    CHECK(request->method == http::method::put);
    CHECK(request->query.to_string() == "partNumber=2&uploadId=ID1");
    CHECK(request->headers.get("x-oss-copy-source") == "/old/dir/b%20c.jpg");
    CHECK_FALSE(request->headers.contains("x-oss-copy-source-range"));
}

TEST_CASE("a copied range is written with both ends inclusive")
{
    auto op = copy();
    op.first_byte = 100;
    op.bytes = 50;
    CHECK(op.encode()->headers.get("x-oss-copy-source-range") == "bytes=100-149");
}

TEST_CASE("a copied part can name a version and conditions")
{
    auto op = copy();
    op.source_version_id = "v/1";
    op.if_match = "ABC";
    op.if_unmodified_since = codec::wall_time(std::chrono::seconds(0));
    auto const request = op.encode();
    REQUIRE(request.has_value());
    CHECK(request->headers.get("x-oss-copy-source") == "/old/dir/b%20c.jpg?versionId=v%2F1");
    CHECK(request->headers.get("x-oss-copy-source-if-match") == "ABC");
    CHECK(request->headers.get("x-oss-copy-source-if-unmodified-since") == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("a copied part without a source, or with a range without a length, is refused")
{
    auto nowhere = copy();
    nowhere.source_key.clear();
    CHECK(nowhere.encode().error() == errc::invalid_argument);
    auto endless = copy();
    endless.first_byte = 1;
    CHECK(endless.encode().error() == errc::invalid_argument);
}

TEST_CASE("the receipt of a copied part has the ETag of the answer's document")
{
    auto op = copy();
    op.bytes = 5;
    auto const receipt = op.decode(http::response_head(200), R"(<CopyPartResult xmlns="http://doc.oss.aliyuncs.com">
        <LastModified>2014-07-17T06:27:54.000Z</LastModified><ETag>"5B3C1A2E053D763E1B002CC607C5A0FE"</ETag>
        </CopyPartResult>)");
    REQUIRE(receipt.has_value());
    CHECK(*receipt == part(2, "5B3C1A2E053D763E1B002CC607C5A0FE", 5));
}

TEST_CASE("a copy whose answer is cut, or whose source changed, fails")
{
    CHECK(copy().decode(http::response_head(200), "<CopyPartResult><ETa").error() == errc::bad_answer);
    CHECK(copy().decode(http::response_head(412), "").error() == errc::precondition_failed);
}
