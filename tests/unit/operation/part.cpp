#include <ossify/operation/part.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("a receipt goes through JSON and back with all 64 bits of its checksum")
{
    part const before(17, "B864DB6A936D376F9F8D3ED3BBE540DD", 8388608, 18446744073709551615ULL);
    std::string const text = codec::to_json_text(codec::to_json(before));
    auto const after = codec::from_json<part>(codec::parse_json(text).value());
    REQUIRE(after.has_value());
    CHECK(*after == before);
}

TEST_CASE("a receipt without a checksum keeps none")
{
    part const before(1, "ABC", 5);
    auto const after = codec::from_json<part>(codec::to_json(before));
    REQUIRE(after.has_value());
    CHECK_FALSE(after->crc64);
    CHECK(*after == before);
}

TEST_CASE("the limits are those of the service")
{
    static_assert(max_object_bytes == 53687091200000ULL);
    static_assert(min_part_bytes == 102400);
    static_assert(!std::is_aggregate_v<part>);
}
