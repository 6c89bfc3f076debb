#include <ossify/codec/date.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <random>

using namespace ossify;
using namespace ossify::codec;
using namespace std::chrono_literals;

namespace {

wall_time at(long long unix_seconds) { return wall_time(std::chrono::seconds(unix_seconds)); }

}  // namespace

TEST_CASE("the example of RFC 9110 is written and read")
{
    CHECK(http_date(at(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value() == at(784111777));
}

TEST_CASE("dates of published signatures are written as published")
{
    CHECK(http_date(at(1672223261)) == "Wed, 28 Dec 2022 10:27:41 GMT");
    CHECK(iso_basic(at(1702743657)) == "20231216T162057Z");
}

TEST_CASE("the epoch, a leap day and the last second of a year are written right")
{
    CHECK(http_date(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(at(951782400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(http_date(at(1735689599)) == "Tue, 31 Dec 2024 23:59:59 GMT");
    CHECK(http_date(at(-1)) == "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST_CASE("every form reads what it writes")
{
    std::mt19937_64 random(1);
    std::uniform_int_distribution<long long> seconds(-62167219200, 253402300799);  // the years 0 to 9999
    for (int i = 0; i != 2000; ++i) {
        wall_time const time = at(seconds(random));
        CAPTURE(http_date(time));
        REQUIRE(parse_http_date(http_date(time)).value() == time);
        REQUIRE(parse_iso_basic(iso_basic(time)).value() == time);
        REQUIRE(parse_iso_extended(iso_extended_ms(time)).value() == time);
    }
}

TEST_CASE("a date of HTTP with a changed form is refused")
{
    for (char const* const text :
         {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
          " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT  ", "Sun, 06-Nov-1994 08:49:37 GMT",
          "Sun  06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT ", "Sun, 0x Nov 1994 08:49:37 GMT",
          "Sun, -6 Nov 1994 08:49:37 GMT", "unN, 06 Nov 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK(parse_http_date(text).error() == errc::malformed_date);
    }
}

TEST_CASE("the obsolete forms of dates are refused")
{
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT").error() == errc::malformed_date);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994").error() == errc::malformed_date);
}

TEST_CASE("a date that no calendar has is refused")
{
    CHECK(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT").error() == errc::malformed_date);
    CHECK(parse_http_date("Tue, 00 Nov 1994 00:00:00 GMT").error() == errc::malformed_date);
    CHECK(parse_http_date("Sun, 06 Nov 1994 24:00:00 GMT").error() == errc::malformed_date);
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:60:00 GMT").error() == errc::malformed_date);
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:60 GMT").error() == errc::malformed_date);
    CHECK(parse_iso_basic("20231316T162057Z").error() == errc::malformed_date);
    CHECK(parse_iso_basic("20230016T162057Z").error() == errc::malformed_date);
    CHECK(parse_iso_extended("2023-02-30T16:20:57Z").error() == errc::malformed_date);
}

TEST_CASE("a weekday that is not the date's is refused")
{
    CHECK(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT").error() == errc::malformed_date);
}

TEST_CASE("a basic date with a changed form is refused")
{
    for (char const* const text :
         {"", "20231216", "20231216T162057", "20231216t162057Z", "20231216T162057z", "20231216T162057ZZ",
          "2023-12-16T16:20:57Z", "2023121 T162057Z", "2023121xT162057Z"}) {
        CAPTURE(text);
        CHECK(parse_iso_basic(text).error() == errc::malformed_date);
    }
}

TEST_CASE("an extended date is written with milliseconds")
{
    CHECK(iso_extended_ms(at(1329980494)) == "2012-02-23T07:01:34.000Z");
    CHECK(iso_extended_ms(at(1329980494) + 7ms) == "2012-02-23T07:01:34.007Z");
    CHECK(iso_extended_ms(at(1329980494) + 987ms) == "2012-02-23T07:01:34.987Z");
    CHECK(iso_extended_ms(at(0) - 1ms) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("an extended date may have a fraction, which is dropped")
{
    CHECK(parse_iso_extended("2012-02-23T07:01:34Z").value() == at(1329980494));
    CHECK(parse_iso_extended("2012-02-23T07:01:34.9Z").value() == at(1329980494));
    CHECK(parse_iso_extended("2012-02-23T07:01:34.999999999Z").value() == at(1329980494));
}

TEST_CASE("an extended date with a changed form is refused")
{
    for (char const* const text :
         {"", "2012-02-23", "2012-02-23T07:01:34", "2012-02-23T07:01:34.Z", "2012-02-23T07:01:34.000",
          "2012-02-23T07:01:34.000+08:00", "2012-02-23T07:01:34.0000000000Z", "2012-02-23 07:01:34.000Z",
          "2012-02-23T07:01:34.000ZZ", "2012-02-23T07:01:34,000Z", "2012-2-23T07:01:34.000Z"}) {
        CAPTURE(text);
        CHECK(parse_iso_extended(text).error() == errc::malformed_date);
    }
}

TEST_CASE("the failure of a date shows the form expected")
{
    CHECK(parse_http_date("yesterday").error().message() ==
          "a date like \"Wed, 28 Dec 2022 10:27:41 GMT\" is expected");
}
