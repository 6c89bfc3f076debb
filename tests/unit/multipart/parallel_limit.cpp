#include <ossify/multipart/parallel_limit.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("the limit begins at the most")
{
    parallel_limit const limit(2, 8);
    CHECK(limit.value() == 8);
    CHECK(limit.lowest() == 8);
}

TEST_CASE("a refusal halves the limit, down to the least")
{
    parallel_limit limit(2, 8);
    CHECK(limit.on_throttled(limit.era()));
    CHECK(limit.value() == 4);
    limit.on_throttled(limit.era());
    CHECK(limit.value() == 2);
    CHECK_FALSE(limit.on_throttled(limit.era()));
    CHECK(limit.value() == 2);
    CHECK(limit.lowest() == 2);
    CHECK(limit.throttled() == 3);
}

TEST_CASE("refusals of requests that were under way together count once")
{
    parallel_limit limit(1, 8);
    auto const era = limit.era();
    limit.on_throttled(era);
    limit.on_throttled(era);
    limit.on_throttled(era);
    CHECK(limit.value() == 4);
    CHECK(limit.throttled() == 3);
}

TEST_CASE("a round of successes raises the limit by about one, up to the most")
{
    parallel_limit limit(1, 8);
    limit.on_throttled(limit.era());
    for (int i = 0; i < 5; ++i)
        limit.on_success();
    CHECK(limit.value() == 5);
    for (int i = 0; i < 100; ++i)
        limit.on_success();
    CHECK(limit.value() == 8);
    CHECK(limit.lowest() == 4);
}

TEST_CASE("impossible bounds are made possible")
{
    CHECK(parallel_limit(0, 0).value() == 1);
    CHECK(parallel_limit(5, 3).most() == 5);
}
