#include <ossify/auth/credentials.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <type_traits>

using namespace ossify;

static_assert(!std::is_aggregate_v<credentials>);

namespace {

void set_variable(char const* name, char const* value)
{
    if (value == nullptr)
        ::unsetenv(name);
    else
        ::setenv(name, value, 1);
}

void set_environment(char const* id, char const* key, char const* token = nullptr)
{
    set_variable("OSS_ACCESS_KEY_ID", id);
    set_variable("OSS_ACCESS_KEY_SECRET", key);
    set_variable("OSS_SESSION_TOKEN", token);
}

}  // namespace

TEST_CASE("credentials without an id are anonymous")
{
    credentials const none;
    CHECK(none.anonymous());
    CHECK(none.access_key_id().empty());
    CHECK(none.access_key_secret().empty());
    CHECK(none.security_token().empty());
}

TEST_CASE("copies of credentials hold the same texts")
{
    credentials const a("id", "key", "token");
    credentials const b = a;
    CHECK_FALSE(b.anonymous());
    CHECK(b.access_key_id() == "id");
    CHECK(b.access_key_secret().reveal() == "key");
    CHECK(b.security_token().reveal() == "token");
}

TEST_CASE("the digest of a secret tells secrets apart")
{
    credentials const a("id", "key"), same("other id", "key"), other("id", "Key");
    CHECK(a.secret_digest() == same.secret_digest());
    CHECK(a.secret_digest() != other.secret_digest());
}

TEST_CASE("the environment gives an id, a secret and a token")
{
    set_environment("id", "key", "token");
    auto const found = credentials_from_environment();
    set_environment(nullptr, nullptr);
    REQUIRE(found.has_value());
    CHECK(found->access_key_id() == "id");
    CHECK(found->access_key_secret().reveal() == "key");
    CHECK(found->security_token().reveal() == "token");
}

TEST_CASE("an environment without a token gives credentials without one")
{
    set_environment("id", "key");
    auto const found = credentials_from_environment();
    set_environment(nullptr, nullptr);
    REQUIRE(found.has_value());
    CHECK(found->security_token().empty());
}

TEST_CASE("an environment without a secret names the missing variable")
{
    set_environment("id", nullptr);
    auto const found = credentials_from_environment();
    set_environment(nullptr, nullptr);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error() == errc::missing_credentials);
    CHECK(found.error().message() == "the environment variable OSS_ACCESS_KEY_SECRET is not set");
}

TEST_CASE("a line break copied along with a secret is refused, and the secret is not shown")
{
    set_environment("id", "hidden\n");
    auto const found = credentials_from_environment();
    set_environment(nullptr, nullptr);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error() == errc::missing_credentials);
    CHECK(found.error().message() == "the environment variable OSS_ACCESS_KEY_SECRET holds a space or a line break");
}
