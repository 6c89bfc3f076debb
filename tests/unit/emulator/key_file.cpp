#include <ossify/emulator/key_file.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using emulation::parse_keys;

TEST_CASE("a file of keys holds those of several people")
{
    auto const keys = parse_keys("# who may come in\n\n"
                                 "  me\tmine \r\n"
                                 "guest theirs read-only\n"
                                 "STS.a b token=c+/= expires=2030-01-31T12:00:00Z")
                          .value();
    REQUIRE(keys.size() == 3);
    CHECK(keys[0].key.access_key_id() == "me");
    CHECK(keys[0].key.access_key_secret().reveal() == "mine");
    CHECK_FALSE(keys[0].read_only);
    CHECK(keys[1].read_only);
    CHECK(keys[2].key.security_token().reveal() == "c+/=");
    CHECK(codec::iso_basic(keys[2].token_expires.value()) == "20300131T120000Z");
    CHECK(parse_keys("").value().empty());
}

TEST_CASE("a bad line is named, and its secret is not")
{
    for (std::string const line : {"me", "me hidden admin", "me hidden token=", "me hidden expires=2030-01-31T12:00:00Z",
                                   "me hidden token=a expires=tomorrow"}) {
        auto const bad = parse_keys("# first\n" + line + "\n");
        CHECK(bad.error() == errc::invalid_argument);
        CHECK(bad.error().message().starts_with("line 2: "));
        CHECK(bad.error().message().find("hidden") == std::string::npos);
    }
}
