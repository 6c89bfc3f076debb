#include <ossify/callback/guard.hpp>

#include "printers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

callback_guard const guard{secret("0123456789abcdef0123456789abcdef")};
codec::wall_time const noon(1'700'000'000s);

}  // namespace

TEST_CASE("a proof is good for its object until it expires")
{
    auto const proof = guard.issue("u/42/photo.jpg", noon + 600s);
    CHECK(guard.check(proof, "u/42/photo.jpg", noon));
    CHECK(guard.check(proof, "u/42/photo.jpg", noon + 599s));
    CHECK_FALSE(guard.check(proof, "u/42/photo.jpg", noon + 600s));
}

TEST_CASE("a proof is not good for another object")
{
    auto const proof = guard.issue("a", noon + 600s);
    auto const verdict = guard.check(proof, "b", noon);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error() == errc::callback_unverified);
}

TEST_CASE("a proof with any byte changed, or one more or less, is not good")
{
    auto const proof = guard.issue("a", noon + 600s);
    for (std::size_t i = 0; i != proof.size(); ++i) {
        auto changed = proof;
        changed[i] = changed[i] == '1' ? '2' : '1';
        CAPTURE(changed);
        CHECK_FALSE(guard.check(changed, "a", noon));
    }
    CHECK_FALSE(guard.check(proof + "0", "a", noon));
    CHECK_FALSE(guard.check(proof.substr(1), "a", noon));
    CHECK_FALSE(guard.check("", "a", noon));
    CHECK_FALSE(guard.check(".", "a", noon));
}

TEST_CASE("a proof made with another key or for another scope is not good")
{
    callback_guard const other{secret("fedcba9876543210")};
    callback_guard const scoped(secret("0123456789abcdef0123456789abcdef"), "photos");
    auto const proof = guard.issue("a", noon + 600s);
    CHECK_FALSE(other.check(proof, "a", noon));
    CHECK_FALSE(scoped.check(proof, "a", noon));
    CHECK(scoped.check(scoped.issue("a", noon + 1s), "a", noon));
}

TEST_CASE("scope and object cannot be shifted into one another")
{
    secret const key("0123456789abcdef");
    callback_guard const one(key, "a\nb");
    callback_guard const two(key, "a");
    auto const proof = one.issue("c", noon + 1s);
    CHECK_FALSE(two.check(proof, "b\nc", noon));
    CHECK_FALSE(two.check(proof, "c", noon));
}

TEST_CASE("a proof can be a custom variable: short, and of plain characters")
{
    auto const proof = guard.issue(std::string(1023, 'x'), noon);
    CHECK(proof.size() == 75);
    CHECK(proof.find_first_not_of("0123456789abcdef.") == std::string::npos);
}

TEST_CASE("a proof is the HMAC-SHA256 of a text that names scope, expiry and object")
{
    // printf 'ossify-callback-guard-1\n6\nphotos\n1700000600\na' | openssl dgst -sha256 -hmac 0123456789abcdef
    callback_guard const known(secret("0123456789abcdef"), "photos");
    CHECK(known.issue("a", codec::wall_time(1'700'000'600s)) == "1700000600.5f89d4835439c10119caf2579d9ed2ed485aa8965292b90b2ac16587c0545472");
}

TEST_CASE("a key that can be guessed is refused")
{
    CHECK_THROWS_AS(callback_guard(secret("0123456789abcde")), std::invalid_argument);
}
