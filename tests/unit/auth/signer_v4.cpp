#include <ossify/auth/signer_v4.hpp>

#include "request_vectors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace ossify;
using testing_support::request_vector;
using testing_support::test_vector;
using testing_support::vectors_of;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};
credentials const somebody("ak", "sk");
signing_scope const hangzhou("cn-hangzhou");

http::fields signed_with(http::fields headers, credentials const& who = somebody,
                         std::vector<std::string> const& additional = {})
{
    signing_key_cache keys;
    sign_v4(who, hangzhou, keys, now, http::method::put, "bucket", "key", {}, headers, additional);
    return headers;
}

}  // namespace

TEST_CASE("every published V4 header signature is reproduced")
{
    signing_key_cache keys;
    for (auto const& vector : vectors_of("v4_header")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        signing_scope const scope(vector.input("region"), vector.input("product"));
        http::fields headers = v.headers;
        sign_v4(v.who, scope, keys, v.time("unix_time"), v.method, v.bucket, v.key, v.query, headers, v.additional);
        CHECK(headers.get("Authorization") == vector.expect("authorization"));
        for (auto const& added : vector.expected().at("headers_added").as_object())
            CHECK(headers.get(std::string_view(added.key().data(), added.key().size())) ==
                  std::string(added.value().as_string().c_str()));

        auto const names = canonical::additional_headers(v.additional, headers);
        std::string request, text;
        canonical::append_v4_request(request, http::to_string(v.method), v.bucket, v.key, v.query, headers, names);
        CHECK(request == vector.expect("canonical_request"));
        canonical::append_v4_string_to_sign(text, headers.get("x-oss-date"), vector.expect("scope"), request);
        CHECK(text == vector.expect("string_to_sign"));
        CHECK(scope.text(headers.get("x-oss-date").substr(0, 8)) == vector.expect("scope"));
    }
}

TEST_CASE("signing V4 again replaces what an earlier attempt signed")
{
    signing_key_cache keys;
    http::fields headers, once;
    sign_v4(credentials("old", "older", "token"), hangzhou, keys, now - std::chrono::hours(30), http::method::put,
            "bucket", "key", {}, headers);
    sign_v4(somebody, hangzhou, keys, now, http::method::put, "bucket", "key", {}, headers);
    sign_v4(somebody, hangzhou, keys, now, http::method::put, "bucket", "key", {}, once);
    CHECK(headers.get("Authorization") == once.get("Authorization"));
    CHECK(headers.size() == once.size());
    CHECK_FALSE(headers.contains("x-oss-security-token"));
}

TEST_CASE("a changed key, token or header changes the V4 signature")
{
    http::fields plain;
    plain.append("Content-Type", "text/plain");
    std::string const base(signed_with(plain).get("Authorization"));
    http::fields other;
    other.append("Content-Type", "text/plaim");
    CHECK(signed_with(other).get("Authorization") != base);
    CHECK(signed_with(plain, credentials("ak", "sK")).get("Authorization") != base);
    CHECK(signed_with(plain, credentials("ak", "sk", "token")).get("Authorization") != base);
}

TEST_CASE("V4 names no additional headers when there are none to sign")
{
    http::fields plain;
    auto const headers = signed_with(plain, somebody, {"host", "x-oss-date"});
    CHECK(headers.get("Authorization").find("AdditionalHeaders") == std::string_view::npos);
}

TEST_CASE("signed headers without a value are not sent with V4")
{
    http::fields empty;
    empty.append("content-type", "");
    empty.append("x-oss-meta-a", "");
    auto const headers = signed_with(empty);
    CHECK_FALSE(headers.contains("content-type"));
    CHECK_FALSE(headers.contains("x-oss-meta-a"));
    CHECK(headers.get("Authorization") == signed_with({}).get("Authorization"));
}

TEST_CASE("anonymous credentials take an earlier V4 signature away")
{
    auto const headers = signed_with(signed_with({}, credentials("ak", "sk", "token")), credentials());
    for (char const* name : {"Authorization", "x-oss-security-token", "x-oss-date", "x-oss-content-sha256"})
        CHECK_FALSE(headers.contains(name));
}
