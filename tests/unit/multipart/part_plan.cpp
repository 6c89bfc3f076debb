#include <ossify/multipart/part_plan.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;

}  // namespace

TEST_CASE("an object within 10,000 parts of 8 MiB has parts of 8 MiB")
{
    CHECK(part_plan::make(1).value().part_bytes() == 8 * mib);
    CHECK(part_plan::make(10'000 * 8 * mib).value().part_bytes() == 8 * mib);
    CHECK(part_plan::make(10'000 * 8 * mib).value().parts() == 10'000);
}

TEST_CASE("one byte more makes parts of 16 MiB")
{
    auto const plan = part_plan::make(10'000 * 8 * mib + 1).value();
    CHECK(plan.part_bytes() == 16 * mib);
    CHECK(plan.parts() == 5001);
}

TEST_CASE("the largest object has 10,000 parts of 5 GiB")
{
    auto const plan = part_plan::make(max_object_bytes).value();
    CHECK(plan.part_bytes() == 5 * gib);
    CHECK(plan.parts() == 10'000);
    CHECK(part_plan::make(max_object_bytes + 1).error() == errc::body_too_large);
}

TEST_CASE("for every size the parts suffice, are within the limits and cover the object")
{
    for (std::uint64_t wanted : {std::uint64_t{0}, min_part_bytes, 5 * mib + 1, 3 * gib, max_part_bytes}) {
        for (std::uint64_t bytes : {std::uint64_t{1}, min_part_bytes, 80 * gib, 80 * gib + 7, max_object_bytes / 2,
                                    max_object_bytes - 1, max_object_bytes}) {
            auto const plan = part_plan::make(bytes, wanted).value();
            CHECK(plan.parts() >= 1);
            CHECK(plan.parts() <= 10'000);
            CHECK(plan.part_bytes() >= min_part_bytes);
            CHECK(plan.part_bytes() <= max_part_bytes);
            auto const last = plan.span(plan.parts());
            CHECK(last.offset + last.bytes == bytes);
            CHECK(last.bytes > 0);
            CHECK(last.bytes <= plan.part_bytes());
        }
    }
}

TEST_CASE("the last part holds what is left")
{
    auto const plan = part_plan::make(20 * mib + 5, 8 * mib).value();
    CHECK(plan.parts() == 3);
    CHECK(plan.span(1) == part_span{1, 0, 8 * mib});
    CHECK(plan.span(3) == part_span{3, 16 * mib, 4 * mib + 5});
}

TEST_CASE("sizes around a part make the parts one expects")
{
    CHECK(part_plan::make(8 * mib - 1, 8 * mib).value().parts() == 1);
    CHECK(part_plan::make(8 * mib, 8 * mib).value().parts() == 1);
    auto const plan = part_plan::make(8 * mib + 1, 8 * mib).value();
    CHECK(plan.parts() == 2);
    CHECK(plan.span(2) == part_span{2, 8 * mib, 1});
}

TEST_CASE("an object without a byte has one empty part")
{
    auto const plan = part_plan::make(0).value();
    CHECK(plan.parts() == 1);
    CHECK(plan.span(1) == part_span{1, 0, 0});
}

TEST_CASE("exactly 10,000 parts of the smallest size are possible")
{
    auto const plan = part_plan::make(10'000 * min_part_bytes, min_part_bytes).value();
    CHECK(plan.parts() == 10'000);
    CHECK(plan.part_bytes() == min_part_bytes);
    CHECK(part_plan::make(10'000 * min_part_bytes + 1, min_part_bytes).value().part_bytes() == 2 * min_part_bytes);
}

TEST_CASE("a part size that the service does not take is refused")
{
    CHECK(part_plan::make(1, min_part_bytes - 1).error() == errc::invalid_argument);
    CHECK(part_plan::make(1, max_part_bytes + 1).error() == errc::invalid_argument);
    CHECK(growing_plan::make(1).error() == errc::invalid_argument);
}

TEST_CASE("a stream's parts have one size for 5,000 parts and double every 500 after that")
{
    auto const plan = growing_plan::make().value();
    CHECK(plan.part_bytes(1) == 8 * mib);
    CHECK(plan.part_bytes(5000) == 8 * mib);
    CHECK(plan.part_bytes(5001) == 16 * mib);
    CHECK(plan.part_bytes(5500) == 16 * mib);
    CHECK(plan.part_bytes(5501) == 32 * mib);
    CHECK(plan.part_bytes(10'000) == 5 * gib);
}

TEST_CASE("a stream of 60 GiB needs parts of 32 MiB at the most")
{
    auto const plan = growing_plan::make().value();
    std::uint64_t total = 0;
    unsigned number = 0;
    while (total < 60 * gib)
        total += plan.part_bytes(++number);
    CHECK(plan.part_bytes(number) == 32 * mib);
}

TEST_CASE("a stream's capacity is the sum of its parts, within what an object may have")
{
    auto const plan = growing_plan::make().value();
    std::uint64_t total = 0;
    for (unsigned number = 1; number <= max_part_number; ++number)
        total += plan.part_bytes(number);
    CHECK(plan.capacity() == total);
    CHECK(plan.capacity() > 6 * 1024 * gib);
    CHECK(growing_plan::make(max_part_bytes).value().capacity() == max_object_bytes);
}
