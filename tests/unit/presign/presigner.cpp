#include <ossify/presign/presigner.hpp>

#include "request_vectors.hpp"

#include <ossify/codec/percent.hpp>
#include <ossify/presign/to_presign.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace ossify;
using testing_support::request_vector;
using testing_support::vectors_of;
using namespace std::chrono_literals;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};
credentials const somebody("ak", "sk");

endpoint at(char const* text) { return endpoint::parse(text).value(); }

std::vector<std::pair<std::string, std::string>> query_of(std::string const& url)
{
    auto const mark = url.find('?');
    auto items = codec::parse_form(std::string_view(url).substr(mark + 1)).value();
    std::sort(items.begin(), items.end());
    return items;
}

std::string item_of(std::string const& url, std::string const& name)
{
    for (auto const& [n, value] : query_of(url))
        if (n == name)
            return value;
    return "(none)";
}

service_request request_of(request_vector const& v)
{
    service_request out("Test", v.method, v.bucket, v.key);
    out.query = v.query;
    out.headers = v.headers;
    return out;
}

presigner v1() { return presigner(at("https://oss-cn-hangzhou.aliyuncs.com"), request_signer()); }
presigner v4()
{
    return presigner(at("https://oss-cn-hangzhou.aliyuncs.com"),
                     request_signer(signature_version::v4, signing_scope("cn-hangzhou")));
}

encoded_callback some_callback()
{
    auto parameters = std::make_shared<detail::encoded_parameters>();
    parameters->json = "{}";
    parameters->base64 = "Y2I+/w==";
    auto variables = std::make_shared<detail::encoded_variables>();
    variables->list = {{"x:a", "1"}};
    variables->base64 = "dmFy";
    return encoded_callback(parameters, variables);
}

std::string refusal(result<grant> const& made)
{
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error() == condition::usage);
    return made.error().message();
}

}  // namespace

TEST_CASE("every published V1 presigned URL is reproduced")
{
    for (auto const& vector : vectors_of("v1_presign")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto const expires = v.time("expires_unix");
        auto const made = v1().presign(request_of(v), v.who, expires - 600s, 600s).value();
        CHECK(query_of(made.url) == v.expected_query());
        CHECK(made.url.ends_with("&Signature=" + vector.expect("signature_urlencoded")));
        CHECK(made.headers == v.headers);
        CHECK(made.expires == expires);
        CHECK(made.method == v.method);
        CHECK(made.url.starts_with("https://" + v.bucket + ".oss-cn-hangzhou.aliyuncs.com/" +
                                   codec::percent_encode_path(v.key) + '?'));
    }
}

TEST_CASE("every published V4 presigned URL is reproduced")
{
    for (auto const& vector : vectors_of("v4_presign")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        presigner const signer(at("https://oss-cn-hangzhou.aliyuncs.com"), v.v4_signer());
        auto const from = v.time("sign_unix_time");
        auto const made = signer.presign(request_of(v), v.who, from, v.time("expiration_unix_time") - from).value();
        CHECK(query_of(made.url) == v.expected_query());
        CHECK(made.url.ends_with("&x-oss-signature=" + vector.expect("signature")));
        CHECK(made.headers == v.headers);
        CHECK(made.expires == v.time("expiration_unix_time"));
    }
}

TEST_CASE("a callback goes into the query unless headers are wanted")
{
    for (auto const& signer : {v1(), v4()}) {
        auto request = to_presign::put_object("photos", "a.jpg");
        request.attach(some_callback());
        auto const in_query = signer.presign(request, somebody, now, 60s).value();
        CHECK(item_of(in_query.url, "callback") == "Y2I+/w==");
        CHECK(item_of(in_query.url, "callback-var") == "dmFy");
        CHECK(in_query.url.find("callback=Y2I%2B%2Fw%3D%3D&") != std::string::npos);
        CHECK(in_query.headers.empty());

        auto const in_headers = signer.presign(request, somebody, now, 60s, callback_place::headers).value();
        CHECK(item_of(in_headers.url, "callback") == "(none)");
        CHECK(in_headers.headers.get("x-oss-callback") == "Y2I+/w==");
        CHECK(in_headers.headers.get("x-oss-callback-var") == "dmFy");
    }
}

TEST_CASE("the token of a temporary key stands in the URL, and is signed")
{
    credentials const temporary("ak", "sk", "to+ken");
    auto const one = v1().presign(to_presign::get_object("photos", "a"), temporary, now, 60s).value();
    CHECK(item_of(one.url, "security-token") == "to+ken");
    CHECK(item_of(one.url, "Signature") !=
          item_of(v1().presign(to_presign::get_object("photos", "a"), somebody, now, 60s).value().url, "Signature"));
    auto const four = v4().presign(to_presign::get_object("photos", "a"), temporary, now, 60s).value();
    CHECK(item_of(four.url, "x-oss-security-token") == "to+ken");
}

TEST_CASE("a grant lists the headers to send and none that signing in a header needs")
{
    for (auto const& signer : {v1(), v4()}) {
        auto request = to_presign::put_object("photos", "a.jpg", "image/jpeg");
        request.headers.set("x-oss-object-acl", "private");
        request.headers.set("Date", "Sat, 16 Dec 2023 16:20:57 GMT");
        request.headers.set("x-oss-date", "20231216T162057Z");
        request.headers.set("x-oss-security-token", "old");
        request.headers.set("Authorization", "OSS a:b");
        auto const made = signer.presign(request, somebody, now, 60s).value();
        CHECK(made.headers.text() == "Content-Type: image/jpeg\r\nx-oss-object-acl: private\r\n");
    }
}

TEST_CASE("Host can be signed and is left to the sender's client")
{
    presigner const signer(
        at("http://127.0.0.1:9000"),
        request_signer(signature_version::v4, signing_scope("cn-hangzhou")).additional_headers({"host"}));
    auto const made = signer.presign(to_presign::get_object("photos", "a"), somebody, now, 60s).value();
    CHECK(item_of(made.url, "x-oss-additional-headers") == "host");
    CHECK(made.headers.empty());
}

TEST_CASE("a part and a completion are presigned with their upload")
{
    auto const part = v4().presign(to_presign::upload_part("photos", "a", "ID", 7), somebody, now, 60s).value();
    CHECK(part.method == http::method::put);
    CHECK(item_of(part.url, "partNumber") == "7");
    CHECK(item_of(part.url, "uploadId") == "ID");
    auto const whole =
        v4().presign(to_presign::complete_multipart_upload("photos", "a", "ID"), somebody, now, 60s).value();
    CHECK(whole.method == http::method::post);
    CHECK(whole.headers.get("Content-Type") == "application/xml");
}

TEST_CASE("V4 URLs are valid for one second to seven days")
{
    auto const request = to_presign::get_object("photos", "a");
    CHECK(v4().presign(request, somebody, now, 1s).has_value());
    CHECK(v4().presign(request, somebody, now, 168h).has_value());
    CHECK(refusal(v4().presign(request, somebody, now, 168h + 1s)).find("7 days") != std::string::npos);
    CHECK(refusal(v4().presign(request, somebody, now, 0s)).find("at least one second") != std::string::npos);
    CHECK(v1().presign(request, somebody, now, 1000h).has_value());
}

TEST_CASE("what cannot be presigned is refused with the reason")
{
    CHECK(refusal(v4().presign(to_presign::get_object("P", "a"), somebody, now, 60s)).find("bucket name") == 4);
    CHECK(refusal(v4().presign(to_presign::get_object("photos", ""), somebody, now, 60s)) == "the object key is empty");
    CHECK(v4().presign(to_presign::get_object("photos", "a"), {}, now, 60s).error() == errc::missing_credentials);
    auto request = to_presign::get_object("photos", "a");
    request.query.append("x-oss-date", "1");
    CHECK(refusal(v4().presign(request, somebody, now, 60s)) == "the query item x-oss-date belongs to the signature");
    request = to_presign::get_object("photos", "a");
    request.query.append("Expires", "1");
    CHECK(refusal(v1().presign(request, somebody, now, 60s)) == "the query item Expires belongs to the signature");
}

TEST_CASE("a refusal names the operation")
{
    CHECK(v4().presign(to_presign::get_object("photos", ""), somebody, now, 60s).error().info().operation ==
          "GetObject");
}
