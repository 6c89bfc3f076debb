// The unit test of the CRC-64, whole and unchanged, compiled for ARM64: the same vectors, and every kernel against the
// others. Nothing is linked that would have to exist for that processor, so Boost.JSON comes as source.
#include <ossify/codec/crc64.hpp>

#include <boost/json/src.hpp>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <unit/codec/crc64.cpp>

TEST_CASE("the processor's polynomial products are used")
{
    CHECK(ossify::detail::chosen_crc64_kernel().name == "pmull");
}
