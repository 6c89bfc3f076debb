#include <ossify/http/status.hpp>

#include <doctest/doctest.h>

using ossify::http::reason_phrase;

static_assert(reason_phrase(200) == "OK");
static_assert(reason_phrase(404) == "Not Found");

TEST_CASE("a status without usual words has none")
{
    CHECK(reason_phrase(299).empty());
    CHECK(reason_phrase(0).empty());
}
