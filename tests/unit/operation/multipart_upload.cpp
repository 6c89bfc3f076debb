#include <ossify/operation/multipart_upload.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("the handle of an upload goes through JSON and back")
{
    multipart_upload const before("photos", "a/\"b\".jpg", "0004B9895DBBB6EC98E36");
    std::string const text = codec::to_json_text(codec::to_json(before));
    CHECK(text == R"({"bucket":"photos","key":"a/\"b\".jpg","upload_id":"0004B9895DBBB6EC98E36"})");
    auto const after = codec::from_json<multipart_upload>(codec::parse_json(text).value());
    REQUIRE(after.has_value());
    CHECK(*after == before);
}

TEST_CASE("the handle is no aggregate, so that GCC 12 destroys it once")
{
    static_assert(!std::is_aggregate_v<multipart_upload>);
}
