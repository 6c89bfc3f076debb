#include <ossify/auth/endpoint.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

using namespace ossify;

static_assert(!std::is_aggregate_v<endpoint>);

TEST_CASE("an endpoint without scheme is https")
{
    auto const e = endpoint::parse("oss-cn-hangzhou.aliyuncs.com").value();
    CHECK(e.secure());
    CHECK(e.port() == 443);
    CHECK(e.host() == "oss-cn-hangzhou.aliyuncs.com");
    CHECK(e.kind() == endpoint_kind::public_network);
    CHECK(e.style() == url_style::virtual_hosted);
}

TEST_CASE("scheme, port and capital letters of an endpoint are read")
{
    auto const plain = endpoint::parse("http://OSS-cn-Hangzhou.aliyuncs.com").value();
    CHECK_FALSE(plain.secure());
    CHECK(plain.port() == 80);
    CHECK(plain.region() == "cn-hangzhou");
    auto const other = endpoint::parse("https://gateway.example:8443/").value();
    CHECK(other.port() == 8443);
    CHECK(other.kind() == endpoint_kind::other);
}

TEST_CASE("the region comes out of the host")
{
    auto const region = [](char const* text) { return endpoint::parse(text).value().region(); };
    CHECK(region("oss-cn-hangzhou.aliyuncs.com") == "cn-hangzhou");
    CHECK(region("oss-cn-shanghai-internal.aliyuncs.com") == "cn-shanghai");
    CHECK(region("us-west-1.oss.aliyuncs.com") == "us-west-1");
    CHECK(region("oss-accelerate.aliyuncs.com") == "");
    CHECK(region("oss-accelerate-overseas.aliyuncs.com") == "");
    CHECK(region("img.example.com") == "");
    CHECK(region("127.0.0.1:9000") == "");
    CHECK(region("localhost") == "");
}

TEST_CASE("each kind of endpoint is told apart")
{
    auto const kind = [](char const* text) { return endpoint::parse(text).value().kind(); };
    CHECK(kind("oss-cn-shanghai-internal.aliyuncs.com") == endpoint_kind::internal);
    CHECK(kind("us-west-1.oss.aliyuncs.com") == endpoint_kind::dual_stack);
    CHECK(kind("oss-accelerate-overseas.aliyuncs.com") == endpoint_kind::accelerate);
    CHECK(kind("cn-hangzhou-internal.oss-data-acc.aliyuncs.com") == endpoint_kind::other);
    CHECK(kind("[::1]:9000") == endpoint_kind::ip_literal);
    CHECK(kind("10.0.0.1") == endpoint_kind::ip_literal);
    CHECK(kind("http://localhost:9000") == endpoint_kind::localhost);
}

TEST_CASE("a cloud box gives its id as region and a product of its own")
{
    auto const e = endpoint::parse("cb-f8z7yvzgwfkl9q0h.cn-shanghai.oss-cloudbox.aliyuncs.com").value();
    CHECK(e.kind() == endpoint_kind::cloud_box);
    CHECK(e.region() == "cb-f8z7yvzgwfkl9q0h");
    CHECK(e.product() == "oss-cloudbox");
    CHECK(endpoint::parse("oss-cn-hangzhou.aliyuncs.com").value().product() == "oss");
}

TEST_CASE("the bucket stands in the host for names and in the path for addresses and localhost")
{
    auto const url = [](char const* text, url_style style = url_style::automatic) {
        return endpoint::parse(text, style).value().url_for("photos", "a b/c+d.txt");
    };
    CHECK(url("oss-cn-hangzhou.aliyuncs.com") == "https://photos.oss-cn-hangzhou.aliyuncs.com/a%20b/c%2Bd.txt");
    CHECK(url("http://127.0.0.1:9000") == "http://127.0.0.1:9000/photos/a%20b/c%2Bd.txt");
    CHECK(url("http://[::1]:9000") == "http://[::1]:9000/photos/a%20b/c%2Bd.txt");
    CHECK(url("http://localhost:9000") == "http://localhost:9000/photos/a%20b/c%2Bd.txt");
    CHECK(url("gateway.example", url_style::path) == "https://gateway.example/photos/a%20b/c%2Bd.txt");
    CHECK(url("img.example.com", url_style::cname) == "https://img.example.com/a%20b/c%2Bd.txt");
    CHECK(url("http://localhost:9000", url_style::virtual_hosted) == "http://photos.localhost:9000/a%20b/c%2Bd.txt");
}

TEST_CASE("requests to a bucket and to the service have their own targets")
{
    auto const hosted = endpoint::parse("oss-cn-hangzhou.aliyuncs.com").value();
    CHECK(hosted.target_for("photos", "") == "/");
    CHECK(hosted.host_for("photos") == "photos.oss-cn-hangzhou.aliyuncs.com");
    CHECK(hosted.host_for("") == "oss-cn-hangzhou.aliyuncs.com");
    auto const path = endpoint::parse("127.0.0.1").value();
    CHECK(path.target_for("photos", "") == "/photos/");
    CHECK(path.target_for("", "") == "/");
}

TEST_CASE("the query follows the path, encoded")
{
    http::query query;
    query.append("uploadId", "A+/=");
    query.append("uploads");
    CHECK(endpoint::parse("127.0.0.1").value().target_for("b-1", "k", query) == "/b-1/k?uploadId=A%2B%2F%3D&uploads");
}

TEST_CASE("the Host header has the port unless it is the scheme's own")
{
    CHECK(endpoint::parse("https://gw.example:443").value().host_for("b-1") == "b-1.gw.example");
    CHECK(endpoint::parse("http://gw.example:443").value().host_for("b-1") == "b-1.gw.example:443");
    CHECK(endpoint::parse("https://[::1]:9443").value().host_for("b-1") == "[::1]:9443");
}

TEST_CASE("what to connect to has neither port nor brackets")
{
    CHECK(endpoint::parse("http://[::1]:9000").value().connect_host("b-1") == "::1");
    CHECK(endpoint::parse("oss-cn-hangzhou.aliyuncs.com").value().connect_host("b-1") ==
          "b-1.oss-cn-hangzhou.aliyuncs.com");
}

TEST_CASE("dots and double slashes of a key stay as they are")
{
    CHECK(endpoint::parse("127.0.0.1").value().target_for("b-1", "a/../b//c/.") == "/b-1/a/../b//c/.");
}

TEST_CASE("text that is no endpoint is refused with the reason")
{
    auto const message = [](char const* text) {
        auto const parsed = endpoint::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error() == errc::invalid_config);
        CHECK(parsed.error() == condition::usage);
        return parsed.error().message();
    };
    CHECK(message("").find("is not of the form") != std::string::npos);
    CHECK(message("ftp://oss-cn-hangzhou.aliyuncs.com").find("is not of the form") != std::string::npos);
    CHECK(message("oss-cn-hangzhou.aliyuncs.com:99999").find("is not of the form") != std::string::npos);
    CHECK(message("http://user:pass@gw.example").find("no user name") != std::string::npos);
    CHECK(message("https://gw.example/bucket").find("no path") != std::string::npos);
    CHECK(message("https://gw.example/?x").find("no path") != std::string::npos);
}

TEST_CASE("a password in a refused endpoint is not repeated")
{
    auto const parsed = endpoint::parse("http://user:hidden@gw.example");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message().find("hidden") == std::string::npos);
}

TEST_CASE("an endpoint that names the bucket is refused with the endpoint that is meant")
{
    auto const parsed = endpoint::parse("photos.oss-cn-hangzhou.aliyuncs.com");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message().find("names the bucket \"photos\" too: give \"oss-cn-hangzhou.aliyuncs.com\"") !=
          std::string::npos);
    CHECK(endpoint::parse("photos.oss-cn-hangzhou.aliyuncs.com", url_style::cname).has_value());
    CHECK_FALSE(endpoint::parse("photos.cn-hangzhou.oss.aliyuncs.com").has_value());
}

TEST_CASE("an IP address cannot be virtual-hosted")
{
    auto const parsed = endpoint::parse("127.0.0.1", url_style::virtual_hosted);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message().find("use path style") != std::string::npos);
}
