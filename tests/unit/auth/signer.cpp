#include <ossify/auth/signer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace ossify;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};
credentials const somebody("ak", "sk");

endpoint at(char const* text, url_style style = url_style::automatic) { return endpoint::parse(text, style).value(); }

}  // namespace

TEST_CASE("the scope follows from the endpoint")
{
    CHECK(scope_for(at("oss-cn-hangzhou-internal.aliyuncs.com")).value() == signing_scope("cn-hangzhou"));
    CHECK(scope_for(at("cb-123.cn-hangzhou.oss-cloudbox.aliyuncs.com")).value() ==
          signing_scope("cb-123", "oss-cloudbox"));
}

TEST_CASE("a configured region wins over that of the endpoint")
{
    CHECK(scope_for(at("oss-cn-hangzhou.aliyuncs.com"), "cn-beijing").value() == signing_scope("cn-beijing"));
}

TEST_CASE("V4 without a region says that the region must be set")
{
    for (char const* text : {"127.0.0.1:9000", "http://localhost", "oss-accelerate.aliyuncs.com", "img.example.com"}) {
        auto const made = request_signer::make(signature_version::v4, at(text));
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error() == errc::invalid_config);
        CHECK(made.error().message().find("set the region") != std::string::npos);
    }
}

TEST_CASE("V1 needs no region")
{
    CHECK(request_signer::make(signature_version::v1, at("127.0.0.1:9000")).has_value());
}

TEST_CASE("a region with the prefix of an endpoint is refused")
{
    auto const made = request_signer::make(signature_version::v4, at("localhost"), "oss-cn-hangzhou");
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message().find("leave the \"oss-\" out") != std::string::npos);
}

TEST_CASE("a region with other characters is refused")
{
    CHECK_FALSE(scope_for(at("localhost"), "cn hangzhou").has_value());
    CHECK_FALSE(scope_for(at("localhost"), "cn/hangzhou").has_value());
    CHECK_FALSE(scope_for(at("localhost"), "CN-HANGZHOU").has_value());
}

TEST_CASE("a signer uses the version that it was made for")
{
    auto const v1 = request_signer::make(signature_version::v1, at("oss-cn-hangzhou.aliyuncs.com")).value();
    auto const v4 = request_signer::make(signature_version::v4, at("oss-cn-hangzhou.aliyuncs.com")).value();
    http::fields a, b;
    v1.sign(somebody, now, http::method::get, "b-1", "k", {}, a);
    v4.sign(somebody, now, http::method::get, "b-1", "k", {}, b);
    CHECK(a.get("Authorization").starts_with("OSS ak:"));
    CHECK(b.get("Authorization").starts_with("OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/"));
}

TEST_CASE("a signer signs additional headers when a request has them")
{
    auto signer = request_signer::make(signature_version::v4, at("oss-cn-hangzhou.aliyuncs.com")).value();
    signer.additional_headers({"Host"});
    http::fields with, without;
    with.append("Host", "b-1.oss-cn-hangzhou.aliyuncs.com");
    signer.sign(somebody, now, http::method::get, "b-1", "k", {}, with);
    signer.sign(somebody, now, http::method::get, "b-1", "k", {}, without);
    CHECK(with.get("Authorization").find(",AdditionalHeaders=host,") != std::string_view::npos);
    CHECK(without.get("Authorization").find("AdditionalHeaders") == std::string_view::npos);
}

TEST_CASE("copies of a signer share the signing keys")
{
    auto const signer = request_signer::make(signature_version::v4, at("oss-cn-hangzhou.aliyuncs.com")).value();
    request_signer const copy = signer;
    http::fields headers;
    copy.sign(somebody, now, http::method::get, "b-1", "k", {}, headers);
    CHECK(signer.keys().size() == 1);
}
