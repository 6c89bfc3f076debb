#include <ossify/operation/traffic_limit.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("a traffic limit is none, or within the service's range")
{
    CHECK(detail::check_traffic_limit(0).has_value());
    CHECK(detail::check_traffic_limit(245'760).has_value());
    CHECK(detail::check_traffic_limit(838'860'800).has_value());
    for (std::uint64_t const bits : {1ULL, 245'759ULL, 838'860'801ULL}) {
        auto const checked = detail::check_traffic_limit(bits);
        REQUIRE(checked.has_error());
        CHECK(checked.error() == errc::invalid_argument);
        CHECK(checked.error().message() == "the traffic limit must be between 245760 and 838860800 bit/s, not " +
                                               std::to_string(bits));
    }
}
