#include <ossify/auth/signer_v1.hpp>

#include "request_vectors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace ossify;
using testing_support::request_vector;
using testing_support::vectors_of;

namespace {

codec::wall_time const now = codec::parse_http_date("Wed, 28 Dec 2022 10:27:41 GMT").value();
credentials const somebody("ak", "sk");

std::string authorization_after_signing(http::fields headers, credentials const& who = somebody)
{
    sign_v1(who, now, http::method::put, "examplebucket", "nelson", {}, headers);
    return std::string(headers.get("Authorization"));
}

}  // namespace

TEST_CASE("every published V1 header signature is reproduced")
{
    for (auto const& vector : vectors_of("v1_header")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        http::fields headers = v.headers;
        sign_v1(v.who, codec::parse_http_date(vector.input("date")).value(), v.method, v.bucket, v.key, v.query,
                headers);
        CHECK(headers.get("Authorization") == vector.expect("authorization"));
        CHECK(headers.get("Date") == vector.input("date"));
        CHECK(canonical::v1_string_to_sign(http::to_string(v.method), vector.input("date"), v.bucket, v.key, v.query,
                                           headers) == vector.expect("string_to_sign"));
    }
}

TEST_CASE("signing V1 again replaces what an earlier attempt signed")
{
    http::fields headers;
    headers.append("Content-Type", "text/plain");
    http::fields once = headers;
    sign_v1(credentials("ak", "sk", "token"), now - std::chrono::hours(1), http::method::put, "b-1", "k", {}, headers);
    sign_v1(somebody, now, http::method::put, "b-1", "k", {}, headers);
    sign_v1(somebody, now, http::method::put, "b-1", "k", {}, once);
    CHECK(headers.get("Authorization") == once.get("Authorization"));
    CHECK(headers.count("Authorization") == 1);
    CHECK(headers.count("Date") == 1);
    CHECK_FALSE(headers.contains("x-oss-security-token"));
}

TEST_CASE("signing V1 brings an x-oss-date up to date")
{
    http::fields headers;
    headers.append("x-oss-date", "Wed, 28 Dec 2022 09:00:00 GMT");
    sign_v1(somebody, now, http::method::put, "b-1", "k", {}, headers);
    CHECK(headers.get("x-oss-date") == "Wed, 28 Dec 2022 10:27:41 GMT");
}

TEST_CASE("signed headers without a value are not sent")
{
    http::fields headers;
    headers.append("Content-Type", "");
    headers.append("x-oss-meta-a", " ");
    headers.append("X-Other", "");
    sign_v1(somebody, now, http::method::put, "b-1", "k", {}, headers);
    CHECK_FALSE(headers.contains("Content-Type"));
    CHECK_FALSE(headers.contains("x-oss-meta-a"));
    CHECK(headers.contains("X-Other"));
}

TEST_CASE("V1 does not sign Host, Content-Length and User-Agent")
{
    http::fields headers;
    headers.append("Host", "a.example");
    headers.append("Content-Length", "7");
    headers.append("User-Agent", "u");
    CHECK(authorization_after_signing(headers) == authorization_after_signing({}));
}

TEST_CASE("the order and case of headers do not change a V1 signature")
{
    http::fields a, b;
    a.append("x-oss-meta-a", "1");
    a.append("X-OSS-Meta-B", "2");
    b.append("x-oss-meta-b", "2");
    b.append("X-Oss-Meta-A", "1");
    CHECK(authorization_after_signing(a) == authorization_after_signing(b));
}

TEST_CASE("anonymous credentials take an earlier V1 signature away")
{
    http::fields headers;
    sign_v1(credentials("ak", "sk", "token"), now, http::method::get, "b-1", "k", {}, headers);
    sign_v1({}, now, http::method::get, "b-1", "k", {}, headers);
    CHECK_FALSE(headers.contains("Authorization"));
    CHECK_FALSE(headers.contains("x-oss-security-token"));
}
