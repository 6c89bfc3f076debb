#include <doctest/doctest.h>

#include "odr.hpp"

// That the program links says that no header defines a function that is not inline.
TEST_CASE("two translation units that include every header share one of everything")
{
    CHECK(odr::address_of_first() == odr::address_of_last());
}
