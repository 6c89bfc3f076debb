#include <ossify/emulator/authenticator.hpp>

#include "received_request.hpp"
#include "request_vectors.hpp"

#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/presign/presigner.hpp>
#include <ossify/presign/to_presign.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace ossify;
using emulation::authenticator;
using emulation::identity;
using emulation::key_pair;
using emulation::key_store;
using emulation::proof;
using emulation::service_error;
using emulation::service_result;
using testing_support::gate;
using testing_support::request_vector;
using testing_support::vectors_of;
using namespace std::chrono_literals;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};  // 20231216T162057Z
credentials const somebody("ak", "sk");
endpoint const local = endpoint::parse("http://127.0.0.1").value();

authenticator knowing(credentials who)
{
    key_store keys;
    keys.add(std::move(who));
    return authenticator(std::move(keys));
}

std::string detail_of(service_error const& e, std::string_view name)
{
    auto const found = std::find_if(e.details.begin(), e.details.end(), [&](auto const& d) { return d.first == name; });
    return found == e.details.end() ? "(none)" : found->second;
}

http::request_head head_of(request_vector const& v)
{
    http::request_head out(v.method, local.target_for(v.bucket, v.key, v.query));
    out.headers = v.headers;
    return out;
}

/// Where the first query item that version 1 does not sign begins, in the vectors whose last item is such a one.
std::size_t first_unsigned_byte(std::string const& target)
{
    std::size_t first = target.size();
    for (char const* name : {"non-resousce=", "non-signed-key=", "encoding-type="})
        first = std::min(first, target.find(name));
    return first;
}

http::request_head granted(grant const& g)
{
    auto const path = g.url.find('/', std::string_view("http://").size());
    http::request_head out(g.method, g.url.substr(path));
    out.headers = g.headers;
    return out;
}

request_signer v4_signer() { return request_signer(signature_version::v4, signing_scope("cn-hangzhou")); }

/// PUT /photos/a.txt, signed in the header.
http::request_head put_signed_by(request_signer const& signer, credentials const& who, codec::wall_time at = now)
{
    http::request_head out(http::method::put, "/photos/a.txt");
    out.headers.append("Content-Type", "text/plain");
    signer.sign(who, at, http::method::put, "photos", "a.txt", {}, out.headers);
    return out;
}

service_result<identity> verdict_on(authenticator const& judge, http::request_head const& head,
                                    codec::wall_time at = now)
{
    return gate(judge, at).judge(head).value();
}

service_error refusal(authenticator const& judge, http::request_head const& head, codec::wall_time at = now)
{
    auto const verdict = verdict_on(judge, head, at);
    REQUIRE_FALSE(verdict.has_value());
    return verdict.error();
}

grant url_for(request_signer const& signer, credentials const& who = somebody, std::chrono::seconds valid = 60s,
              codec::wall_time at = now)
{
    return presigner(local, signer).presign(to_presign::get_object("photos", "a.txt"), who, at, valid).value();
}

/// The head with one query item replaced by another text, or left out.
http::request_head with_item(http::request_head head, std::string_view name, std::string_view replacement)
{
    auto const mark = head.target.find('?');
    std::string out = head.target.substr(0, mark);
    char separator = '?';
    emulation::detail::for_each_piece(std::string_view(head.target).substr(mark + 1), '&', [&](std::string_view piece) {
        bool const this_one = piece.substr(0, piece.find('=')) == name;
        if (this_one && replacement.empty())
            return;
        out.append(1, separator).append(this_one ? replacement : piece);
        separator = '&';
    });
    head.target = out;
    return head;
}

}  // namespace

TEST_CASE("every V1 vector is accepted, and refused with one byte changed anywhere that is signed")
{
    for (auto const& vector : vectors_of("v1_header")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto const judge = knowing(v.who);
        auto const at = codec::parse_http_date(vector.input("date")).value();
        gate const entrance(judge, at);
        auto head = head_of(v);
        head.headers.set("Date", vector.input("date"));
        if (!v.who.security_token().empty())
            head.headers.set("x-oss-security-token", v.who.security_token().reveal());
        head.headers.set("Authorization", vector.expect("authorization"));

        REQUIRE(entrance.accepts(head));
        CHECK(verdict_on(judge, head, at).value() ==
              identity("ak" == v.who.access_key_id() ? "ak" : "44CF9590006BF252F707", proof::v1_header, false));
        CHECK(entrance.first_accepted_change_of_target(head, first_unsigned_byte(head.target)) == "");
        for (http::field const header : head.headers)
            if (header.name != "Date" || !head.headers.contains("x-oss-date"))
                CHECK(entrance.first_accepted_change_of_header(head, header.name) == "");
        auto other_method = head;
        other_method.method = http::method::delete_;
        CHECK_FALSE(entrance.accepts(other_method));
    }
}

TEST_CASE("every V4 vector is accepted, and refused with one byte changed anywhere that is signed")
{
    for (auto const& vector : vectors_of("v4_header")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto const judge = knowing(v.who);
        gate const entrance(judge, v.time("unix_time"));
        auto head = head_of(v);
        for (auto const& added : vector.expected().at("headers_added").as_object())
            head.headers.set({added.key().data(), added.key().size()}, added.value().as_string().c_str());
        head.headers.set("Authorization", vector.expect("authorization"));

        REQUIRE(entrance.accepts(head));
        CHECK(entrance.first_accepted_change_of_target(head, head.target.size()) == "");
        for (http::field const header : head.headers) {
            bool const is_additional = vector.expect("authorization").find("AdditionalHeaders=") != std::string::npos &&
                                       header.name != "XYZ" && header.name != "Date";
            if (canonical::is_default_signed_header(header.name) || is_additional || header.name == "Authorization")
                CHECK(entrance.first_accepted_change_of_header(head, header.name) == "");
        }
        auto other_method = head;
        other_method.method = http::method::delete_;
        CHECK_FALSE(entrance.accepts(other_method));
    }
}

TEST_CASE("every V1 presigned vector is accepted, and refused with one byte changed anywhere that is signed")
{
    for (auto const& vector : vectors_of("v1_presign")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto const judge = knowing(v.who);
        gate const entrance(judge, v.time("expires_unix") - 60s);
        http::query query;
        for (auto const& [name, value] : v.expected_query())
            query.append(name, value);
        http::request_head head(v.method, local.target_for(v.bucket, v.key, query));
        head.headers = v.headers;

        REQUIRE(entrance.accepts(head));
        CHECK(entrance.first_accepted_change_of_target(head, head.target.size()) == "");
        for (http::field const header : head.headers)
            CHECK(entrance.first_accepted_change_of_header(head, header.name) == "");
    }
}

TEST_CASE("every V4 presigned vector is accepted, and refused with one byte changed anywhere that is signed")
{
    for (auto const& vector : vectors_of("v4_presign")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto const judge = knowing(v.who);
        gate const entrance(judge, v.time("sign_unix_time") + 60s);
        http::query query;
        for (auto const& [name, value] : v.expected_query())
            query.append(name, value);
        http::request_head head(v.method, local.target_for(v.bucket, v.key, query));
        head.headers = v.headers;

        REQUIRE(entrance.accepts(head));
        CHECK(entrance.first_accepted_change_of_target(head, head.target.size()) == "");
        for (http::field const header : head.headers)
            if (canonical::is_default_signed_header(header.name) || (!v.additional.empty() && header.name != "XYZ"))
                CHECK(entrance.first_accepted_change_of_header(head, header.name) == "");
    }
}

TEST_CASE("a change of what is not signed is accepted")
{
    auto const vector = vectors_of("v4_header").front();
    request_vector const v(vector);
    auto const judge = knowing(v.who);
    gate const entrance(judge, v.time("unix_time"));
    auto head = head_of(v);
    for (auto const& added : vector.expected().at("headers_added").as_object())
        head.headers.set({added.key().data(), added.key().size()}, added.value().as_string().c_str());
    head.headers.set("Authorization", vector.expect("authorization"));
    CHECK(entrance.first_accepted_change_of_header(head, "XYZ") == "yalue");
    CHECK(entrance.first_accepted_change_of_header(head, "Date") != "");

    auto v1_head = put_signed_by(request_signer(), somebody);
    v1_head.target += "?prefix=a";
    gate const v1_entrance(judge, now);
    CHECK(v1_entrance.first_accepted_change_of_target(v1_head, v1_head.target.size()) == "/photos/a.txt?yrefix=a");
}

TEST_CASE("a wrong V1 signature is answered with the string to sign")
{
    auto const vector = vectors_of("v1_header").front();
    request_vector const v(vector);
    auto head = head_of(v);
    head.headers.set("Authorization", "OSS ak:c29tZXRoaW5nIGVsc2U=");
    auto const e = refusal(knowing(v.who), head, codec::parse_http_date(vector.input("date")).value());
    CHECK(e.status == 403);
    CHECK(e.code == "SignatureDoesNotMatch");
    CHECK(e.message ==
          "The request signature we calculated does not match the signature you provided. Check your key and "
          "signing method.");
    CHECK(e.ec == "0002-00000040");
    CHECK(detail_of(e, "OSSAccessKeyId") == "ak");
    CHECK(detail_of(e, "SignatureProvided") == "c29tZXRoaW5nIGVsc2U=");
    CHECK(detail_of(e, "StringToSign") == vector.expect("string_to_sign"));
    CHECK(detail_of(e, "StringToSignBytes").starts_with("50 55 54 0A 65 42 35 65"));
    CHECK(detail_of(e, "CanonicalRequest") == "(none)");
}

TEST_CASE("a wrong V4 signature is answered with the string to sign and the canonical request")
{
    for (auto const& vector : vectors_of("v4_header")) {
        CAPTURE(vector.id());
        request_vector const v(vector);
        auto head = head_of(v);
        for (auto const& added : vector.expected().at("headers_added").as_object())
            head.headers.set({added.key().data(), added.key().size()}, added.value().as_string().c_str());
        std::string authorization = vector.expect("authorization");
        authorization.back() = authorization.back() == '0' ? '1' : '0';
        head.headers.set("Authorization", authorization);
        auto const e = refusal(knowing(v.who), head, v.time("unix_time"));
        CHECK(e.code == "SignatureDoesNotMatch");
        CHECK(detail_of(e, "StringToSign") == vector.expect("string_to_sign"));
        CHECK(detail_of(e, "CanonicalRequest") == vector.expect("canonical_request"));
    }
}

TEST_CASE("spaces after the commas of a V4 header are accepted")
{
    auto const vector = vectors_of("v4_header").at(2);
    request_vector const v(vector);
    auto head = head_of(v);
    for (auto const& added : vector.expected().at("headers_added").as_object())
        head.headers.set({added.key().data(), added.key().size()}, added.value().as_string().c_str());
    std::string authorization = vector.expect("authorization");
    for (std::size_t i = authorization.find(','); i != authorization.npos; i = authorization.find(',', i + 1))
        authorization.insert(i + 1, " ");
    head.headers.set("Authorization", authorization);
    CHECK(gate(knowing(v.who), v.time("unix_time")).accepts(head));
}

TEST_CASE("a request without any signature is anonymous")
{
    auto const verdict =
        verdict_on(knowing(somebody), http::request_head(http::method::get, "/photos/a?x=1&Expires=2"));
    REQUIRE(verdict.has_value());
    CHECK(verdict->anonymous());
}

TEST_CASE("a read-only key is known as such")
{
    key_store keys;
    keys.add(somebody, true);
    authenticator const judge(keys);
    CHECK(verdict_on(judge, put_signed_by(request_signer(), somebody)).value().read_only);
    CHECK(verdict_on(judge, put_signed_by(v4_signer(), somebody)).value().read_only);
}

TEST_CASE("an unknown key id is refused")
{
    for (auto const& signer : {request_signer(), v4_signer()}) {
        auto const e = refusal(knowing(credentials("other", "sk")), put_signed_by(signer, somebody));
        CHECK(e.status == 403);
        CHECK(e.code == "InvalidAccessKeyId");
        CHECK(detail_of(e, "OSSAccessKeyId") == "ak");
        CHECK(e.why == "there is no key \"ak\"; known: other");
    }
}

TEST_CASE("one of several keys is picked by its id")
{
    key_store keys;
    keys.add(credentials("one", "1"));
    keys.add(credentials("two", "2"));
    authenticator const judge(keys);
    CHECK(verdict_on(judge, put_signed_by(v4_signer(), credentials("two", "2"))).value().access_key_id == "two");
    CHECK(refusal(judge, put_signed_by(v4_signer(), credentials("two", "1"))).code == "SignatureDoesNotMatch");
}

TEST_CASE("a usual mistake in signing is named")
{
    auto const judge = knowing(somebody);
    for (auto const& signer : {request_signer(), v4_signer()}) {
        auto head = put_signed_by(signer, somebody);
        head.headers.set("Content-Type", "text/x-other");
        CHECK(refusal(judge, head).why.starts_with("another secret, or another text than \"PUT\\n"));
        head = put_signed_by(signer, somebody);
        head.method = http::method::get;
        CHECK(refusal(judge, head).why == "signed for PUT, but sent as GET");
    }
}

TEST_CASE("fifteen minutes of skew are accepted, one second more is answered with the times")
{
    auto const judge = knowing(somebody);
    for (auto const& signer : {request_signer(), v4_signer()})
        for (auto const skew : {15min, -15min}) {
            auto const head = put_signed_by(signer, somebody, now + skew);
            CHECK(verdict_on(judge, head).has_value());
            auto const e = refusal(judge, head, now - std::chrono::seconds(skew > 0min ? 1 : -1));
            CHECK(e.status == 403);
            CHECK(e.code == "RequestTimeTooSkewed");
            CHECK(e.message == "The difference between the request time and the current time is too large.");
            CHECK(detail_of(e, "MaxAllowedSkewMilliseconds") == "900000");
            CHECK(e.why == (skew > 0min ? "the client's clock is 15 min ahead" : "the client's clock is 15 min behind"));
            CHECK(detail_of(e, "ServerTime") ==
                  (skew > 0min ? "2023-12-16T16:20:56.000Z" : "2023-12-16T16:20:58.000Z"));
            CHECK(detail_of(e, "RequestTime") ==
                  (skew > 0min ? "2023-12-16T16:35:57.000Z" : "2023-12-16T16:05:57.000Z"));
        }
}

TEST_CASE("a request without a valid date is refused")
{
    auto const judge = knowing(somebody);
    auto no_date = put_signed_by(request_signer(), somebody);
    no_date.headers.erase("Date");
    auto one_digit = put_signed_by(request_signer(), somebody);
    one_digit.headers.set("Date", "Sat, 6 Dec 2023 16:20:57 GMT");
    auto v4 = put_signed_by(v4_signer(), somebody);
    v4.headers.erase("x-oss-date");
    for (auto const& head : {no_date, one_digit, v4}) {
        auto const e = refusal(judge, head);
        CHECK(e.status == 403);
        CHECK(e.code == "AccessDenied");
        CHECK(e.message == "OSS authentication requires a valid Date.");
    }
}

TEST_CASE("an Authorization header that cannot be read is an invalid argument")
{
    auto const judge = knowing(somebody);
    std::string const scope = "ak/20231216/cn-hangzhou/oss/aliyun_v4_request";
    for (std::string const& value :
         {std::string(""), std::string("Basic abc"), std::string("OSS"), std::string("OSS ak"), std::string("OSS :sig"),
          std::string("OSS ak:"), std::string("OSS4-HMAC-SHA256"), std::string("OSS4-HMAC-SHA256 Signature=00"),
          "OSS4-HMAC-SHA256 Credential=" + scope, "OSS4-HMAC-SHA256 Credential=" + scope + ",Signature=",
          "OSS4-HMAC-SHA256 Credential=" + scope + ",Signature=0,Signature=1",
          "OSS4-HMAC-SHA256 Credential=" + scope + ",Extra=1,Signature=0",
          std::string("OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss,Signature=0")}) {
        CAPTURE(value);
        auto head = put_signed_by(v4_signer(), somebody);
        head.headers.set("Authorization", value);
        auto const e = refusal(judge, head);
        CHECK(e.status == 400);
        CHECK(e.code == "InvalidArgument");
        CHECK(detail_of(e, "ArgumentName") == "Authorization");
    }
}

TEST_CASE("each fault of a V4 credential has its message and code")
{
    auto const judge = knowing(somebody);
    auto const refused_with = [&](std::string const& scope) {
        auto head = put_signed_by(v4_signer(), somebody);
        head.headers.set("Authorization", "OSS4-HMAC-SHA256 Credential=" + scope + ",Signature=00");
        auto const e = refusal(judge, head);
        return e.code + "; " + e.message + "; " + e.ec;
    };
    CHECK(refused_with("ak/2023-12-16/cn-hangzhou/oss/aliyun_v4_request") ==
          "InvalidArgument; Invalid signing date in Authorization header.; 0002-00000212");
    CHECK(refused_with("ak/20231217/cn-hangzhou/oss/aliyun_v4_request") ==
          "InvalidArgument; Invalid signing date in Authorization header.; 0002-00000212");
    CHECK(refused_with("ak/20231216/oss-cn-hangzhou/oss/aliyun_v4_request") ==
          "InvalidArgument; Invalid signing region in Authorization header.; 0002-00000226");
    CHECK(refused_with("ak/20231216/cn-hangzhou/ecs/aliyun_v4_request") ==
          "InvalidArgument; Invalid signing product in Authorization header.; ");
    CHECK(refused_with("ak/20231216/cn-hangzhou/oss/aws4_request") ==
          "InvalidArgument; Invalid signing request version in Authorization header.; ");
}

TEST_CASE("a signature for another region is refused when the region is known")
{
    key_store keys;
    keys.add(somebody);
    auto const head = put_signed_by(v4_signer(), somebody);
    auto const e = refusal(authenticator(keys, "cn-beijing"), head);
    CHECK(e.message == "Invalid signing region in Authorization header.");
    CHECK(e.why == "signed for the region \"cn-hangzhou\", but this is \"cn-beijing\"");
    CHECK(verdict_on(authenticator(keys, "cn-hangzhou"), head).has_value());
}

TEST_CASE("AdditionalHeaders must name headers in lower case and in order")
{
    auto const judge = knowing(somebody);
    auto const ec_of = [&](std::string const& list) {
        auto head = put_signed_by(v4_signer(), somebody);
        head.headers.set("Authorization", "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
                                          "AdditionalHeaders=" +
                                              list + ",Signature=00");
        auto const e = refusal(judge, head);
        return e.code + ' ' + e.ec;
    };
    CHECK(ec_of("") == "InvalidArgument 0002-00000209");
    CHECK(ec_of("host;") == "InvalidArgument 0002-00000210");
    CHECK(ec_of("Host") == "InvalidArgument ");
    CHECK(ec_of("range;host") == "InvalidArgument ");
    CHECK(ec_of("host;range") == "SignatureDoesNotMatch 0002-00000201");
}

TEST_CASE("a signature in the header and one in the query exclude each other")
{
    auto const judge = knowing(somebody);
    for (auto const& signer : {request_signer(), v4_signer()}) {
        auto head = granted(url_for(signer));
        head.headers.set("Authorization", "OSS ak:abc");
        auto const e = refusal(judge, head);
        CHECK(e.status == 400);
        CHECK(e.code == "InvalidArgument");
    }
}

TEST_CASE("a temporary key is good only with its token")
{
    credentials const temporary("STS.ak", "sk", "token"), without("STS.ak", "sk"), wrong("STS.ak", "sk", "tokem");
    auto const judge = knowing(temporary);
    for (auto const& signer : {request_signer(), v4_signer()}) {
        CHECK(verdict_on(judge, put_signed_by(signer, temporary)).has_value());
        CHECK(refusal(judge, put_signed_by(signer, without)).code == "InvalidAccessKeyId");
        CHECK(refusal(judge, put_signed_by(signer, wrong)).code == "InvalidSecurityToken");
        CHECK(verdict_on(judge, granted(url_for(signer, temporary))).has_value());
        auto const e = refusal(judge, granted(url_for(signer, without)));
        CHECK(e.status == 400);
        CHECK(e.code == "InvalidRequest");
        CHECK(refusal(judge, granted(url_for(signer, wrong))).code == "InvalidSecurityToken");
    }
}

TEST_CASE("a token of another key does not match")
{
    key_store keys;
    keys.add(credentials("STS.one", "sk", "first"));
    keys.add(credentials("STS.two", "sk", "second"));
    keys.add(somebody);
    authenticator const judge(keys);
    for (char const* id : {"STS.two", "ak"})
        CHECK(refusal(judge, put_signed_by(v4_signer(), credentials(id, "sk", "first"))).code ==
              "AccessKeyIdAndSecurityTokenNotMatch");
    CHECK(refusal(judge, put_signed_by(v4_signer(), credentials("ak", "sk", "no one's"))).code ==
          "InvalidSecurityToken");
}

TEST_CASE("a temporary key ends with its token")
{
    key_store keys;
    credentials const temporary("STS.ak", "sk", "token");
    key_pair pair(temporary);
    pair.token_expires = now + 1s;
    keys.add(pair);
    authenticator const judge(keys);
    auto const head = put_signed_by(request_signer(), temporary);
    CHECK(verdict_on(judge, head, now).has_value());
    CHECK(refusal(judge, head, now + 1s).code == "SecurityTokenExpired");
}

TEST_CASE("a token in the header and in the query is refused")
{
    credentials const temporary("STS.ak", "sk", "token");
    auto head = granted(url_for(request_signer(), temporary));
    head.headers.set("x-oss-security-token", "token");
    CHECK(refusal(knowing(temporary), head).ec == "0002-00000010");
}

TEST_CASE("a presigned URL works to its last second")
{
    auto const judge = knowing(somebody);
    for (auto const& signer : {request_signer(), v4_signer()}) {
        auto const head = granted(url_for(signer));
        CHECK(verdict_on(judge, head, now + 60s).has_value());
        auto const e = refusal(judge, head, now + 61s);
        CHECK(e.status == 403);
        CHECK(e.code == "AccessDenied");
        CHECK(e.message == "Request has expired.");
        CHECK(e.why == "the URL expired 1 s ago");
        CHECK(detail_of(e, "Expires") == "2023-12-16T16:21:57.000Z");
        CHECK(detail_of(e, "ServerTime") == "2023-12-16T16:21:58.000Z");
    }
}

TEST_CASE("the expiry of a presigned URL is looked at before its signature")
{
    auto const judge = knowing(somebody);
    for (auto const& signer : {request_signer(), v4_signer()})
        CHECK(refusal(judge, granted(url_for(signer, credentials("ak", "wrong"))), now + 61s).message ==
              "Request has expired.");
}

TEST_CASE("a V4 presigned URL from the future is refused")
{
    auto const judge = knowing(somebody);
    CHECK(verdict_on(judge, granted(url_for(v4_signer(), somebody, 3600s, now + 15min))).has_value());
    CHECK(refusal(judge, granted(url_for(v4_signer(), somebody, 3600s, now + 15min + 1s))).code ==
          "RequestTimeTooSkewed");
}

TEST_CASE("a V1 presigned URL without one of its items is refused")
{
    auto const judge = knowing(somebody);
    auto const head = granted(url_for(request_signer()));
    for (char const* name : {"OSSAccessKeyId", "Expires", "Signature"}) {
        CAPTURE(name);
        auto const e = refusal(judge, with_item(head, name, ""));
        CHECK(e.status == 403);
        CHECK(e.code == "AccessDenied");
        CHECK(e.message == "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters");
    }
    CHECK(refusal(judge, with_item(head, "Expires", "")).ec == "0002-00000067");
    CHECK(refusal(judge, with_item(head, "Expires", "Expires=")).ec == "0002-00000068");
    CHECK(refusal(judge, with_item(head, "Expires", "Expires=abc")).ec == "0002-00000070");
    CHECK(refusal(judge, with_item(head, "Expires", "Expires=99999999999999999999")).ec == "0002-00000070");
}

TEST_CASE("a V4 presigned URL without one of its items is refused")
{
    auto const judge = knowing(somebody);
    auto const head = granted(url_for(v4_signer()));
    for (char const* name :
         {"x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature"}) {
        CAPTURE(name);
        auto const e = refusal(judge, with_item(head, name, ""));
        CHECK(e.status == 400);
        CHECK(e.code == "InvalidArgument");
        CHECK(detail_of(e, "ArgumentName") == name);
    }
}

TEST_CASE("a V4 presigned URL is valid for at most seven days")
{
    auto const judge = knowing(somebody);
    auto const head = granted(url_for(v4_signer()));
    for (char const* text : {"x-oss-expires=604801", "x-oss-expires=0", "x-oss-expires=-1", "x-oss-expires=1h"})
        CHECK(refusal(judge, with_item(head, "x-oss-expires", text)).ec == "0002-00000232");
    CHECK(refusal(judge, with_item(head, "x-oss-expires", "x-oss-expires=604800")).code == "SignatureDoesNotMatch");
}

TEST_CASE("each fault of a V4 credential in a URL has its code")
{
    auto const judge = knowing(somebody);
    auto const head = granted(url_for(v4_signer()));
    auto const ec_of = [&](std::string const& credential) {
        return refusal(judge, with_item(head, "x-oss-credential", "x-oss-credential=" + credential)).ec;
    };
    CHECK(ec_of("ak/2023-12-16/cn-hangzhou/oss/aliyun_v4_request") == "0002-00000223");
    CHECK(ec_of("ak/20231217/cn-hangzhou/oss/aliyun_v4_request") == "0002-00000223");
    CHECK(ec_of("ak/20231216/oss-cn-hangzhou/oss/aliyun_v4_request") == "0002-00000226");
    CHECK(refusal(judge, with_item(head, "x-oss-signature-version", "x-oss-signature-version=OSS2")).code ==
          "InvalidArgument");
}

TEST_CASE("of repeated items in a presigned URL the first counts")
{
    auto const judge = knowing(somebody);
    auto head = granted(url_for(request_signer()));
    auto const first = head;
    head.target += "&Expires=1&OSSAccessKeyId=other&Signature=x";
    CHECK(verdict_on(judge, head).has_value());
    auto behind = first;
    behind.target.insert(behind.target.find('?') + 1, "Expires=1&");
    CHECK(refusal(judge, behind).message == "Request has expired.");
}

TEST_CASE("an unescaped plus sign in a query is a space")
{
    // The signature of this request holds a plus sign.
    auto const vector = vectors_of("v1_presign").front();
    request_vector const v(vector);
    auto const at = v.time("expires_unix");
    std::string const escaped = vector.expect("signature_urlencoded");
    std::string raw = escaped;
    raw.replace(raw.find("%2B"), 3, "+");
    std::string const target = "/bucket/key?versionId=versionId&Expires=1699807420&OSSAccessKeyId=ak&Signature=";
    CHECK(verdict_on(knowing(v.who), http::request_head(v.method, target + escaped), at).has_value());
    CHECK(refusal(knowing(v.who), http::request_head(v.method, target + raw), at).code == "SignatureDoesNotMatch");
}

TEST_CASE("a query that cannot be decoded is an invalid argument")
{
    auto const e = refusal(knowing(somebody), http::request_head(http::method::get, "/photos/a?x=%2"));
    CHECK(e.status == 400);
    CHECK(e.code == "InvalidArgument");
}

TEST_CASE("an absolute target is judged as its path and query")
{
    auto head = granted(url_for(v4_signer()));
    head.target = "http://127.0.0.1" + head.target;
    CHECK(knowing(somebody).authenticate(head, "photos", "a.txt", now).has_value());
}
