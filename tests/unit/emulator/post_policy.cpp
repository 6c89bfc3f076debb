#include <ossify/emulator/post_policy.hpp>

#include "vectors.hpp"

#include <ossify/auth/endpoint.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/emulator/authenticator.hpp>
#include <ossify/presign/form_signer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using namespace ossify;
using codec::form_fields;
using emulation::authenticator;
using emulation::form_permission;
using emulation::identity;
using emulation::key_store;
using emulation::proof;
using emulation::service_error;
using emulation::service_result;
using testing_support::vectors_of;
using namespace std::chrono_literals;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};  // 20231216T162057Z
credentials const somebody("ak", "sk");
identity const sender("ak", proof::v1_form, false);

authenticator knowing(credentials who)
{
    key_store keys;
    keys.add(std::move(who));
    return authenticator(std::move(keys));
}

form_signer signer(signature_version version)
{
    return form_signer(endpoint::parse("http://127.0.0.1").value(),
                       request_signer(version, signing_scope("cn-hangzhou")));
}

/// The verdict on a policy with these conditions.
service_result<form_permission> judge(std::string const& conditions, form_fields const& fields)
{
    std::string const text = R"({"expiration":"2023-12-16T16:20:57.000Z","conditions":[)" + conditions + "]}";
    return emulation::check_policy(codec::base64_encode(text), fields, "photos", now, sender);
}

std::string refusal_of(service_result<form_permission> const& verdict)
{
    if (verdict.has_value())
        return "(accepted)";
    auto const& e = verdict.error();
    return std::to_string(e.status) + ' ' + e.code + ": " + e.message;
}

std::string denied(std::string const& condition)
{
    return "403 AccessDenied: Invalid according to Policy: Policy Condition failed: " + condition;
}

std::string& value_of(form_fields& fields, std::string_view name)
{
    for (auto& field : fields)
        if (field.first == name)
            return field.second;
    FAIL("no such field");
    return fields.front().second;
}

void leave_out(form_fields& fields, std::string_view name)
{
    std::erase_if(fields, [&](auto const& field) { return field.first == name; });
}

/// Where a changed byte of this field is accepted first; npos when nowhere.
std::size_t first_accepted_change(authenticator const& by, form_fields const& fields, std::string_view name,
                                  std::string_view bucket, codec::wall_time at)
{
    form_fields changed = fields;
    std::string& value = value_of(changed, name);
    for (std::size_t i = 0; i != value.size(); ++i) {
        char const before = value[i];
        value[i] = before == 'y' ? 'z' : 'y';
        if (by.authenticate_form(changed, bucket, at).has_value())
            return i;
        value[i] = before;
    }
    return std::string::npos;
}

}  // namespace

TEST_CASE("every V1 policy vector is accepted, and refused with one byte changed")
{
    for (auto const& vector : vectors_of("post_policy_v1")) {
        CAPTURE(vector.id());
        auto const by = knowing(credentials("ak", secret(vector.input("access_key_secret"))));
        auto const at = codec::parse_iso_extended("2013-12-01T11:59:00Z").value();
        form_fields const fields{{"key", "ABC"},
                                 {"OSSAccessKeyId", "ak"},
                                 {"policy", vector.expect("policy_base64")},
                                 {"A", "a"},
                                 {"Signature", vector.expect("signature")}};
        auto const verdict = by.authenticate_form(fields, "ahaha", at);
        REQUIRE(verdict.has_value());
        CHECK(verdict->who == sender);
        CHECK(verdict->max_bytes == 10485760);
        for (char const* name : {"policy", "Signature", "OSSAccessKeyId", "key", "A"})
            CHECK(first_accepted_change(by, fields, name, "ahaha", at) == std::string::npos);
        CHECK(refusal_of(by.authenticate_form(fields, "ahahb", at)) == denied(R"(["eq", "$bucket", "ahaha"])"));
    }
}

TEST_CASE("every V4 policy vector is accepted, and refused with one byte changed")
{
    for (auto const& vector : vectors_of("post_policy_v4")) {
        CAPTURE(vector.id());
        auto const by = knowing(credentials("ak", secret(vector.input("access_key_secret"))));
        auto const wanted = codec::parse_json(vector.input("policy_json_text")).value();
        form_fields const fields{
            {"key", "any"},
            {"x-oss-signature-version", "OSS4-HMAC-SHA256"},
            {"x-oss-credential", "ak/20231216/cn-hangzhou/oss/aliyun_v4_request"},
            {"x-oss-date", "20231216T162057Z"},
            {"callback", wanted.at("conditions").at(5).at("callback").as_string().c_str()},
            {"policy", vector.expect("policy_base64")},
            {"x-oss-signature", vector.expect("x_oss_signature")},
        };
        auto const verdict = by.authenticate_form(fields, "examplebucket", now);
        REQUIRE(verdict.has_value());
        CHECK(verdict->who == identity("ak", proof::v4_form, false));
        CHECK(verdict->min_bytes == 1);
        CHECK(verdict->max_bytes == 1024);
        for (char const* name : {"policy", "x-oss-signature", "x-oss-credential", "x-oss-date", "callback"})
            CHECK(first_accepted_change(by, fields, name, "examplebucket", now) == std::string::npos);
    }
}

TEST_CASE("what the form signer makes is accepted as it is")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        auto const form =
            signer(version)
                .sign(form_request("photos").key_prefix("u/42/").max_bytes(100).content_type_prefix("image/").field(
                          "x-oss-object-acl", "private"),
                      somebody, now)
                .value();
        form_fields fields = form.fields;
        CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now)) ==
              denied(R"(["starts-with", "$x-oss-content-type", "image/"])"));
        fields.emplace_back("x-oss-content-type", "image/gif");
        CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now)) == "(accepted)");
        CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now + 15min)) == "(accepted)");
        CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now + 15min + 1s)) ==
              "403 AccessDenied: Invalid according to Policy: Policy expired.");
        value_of(fields, "key") = "u/43/a";
        CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now)) ==
              denied(R"(["starts-with", "$key", "u/42/"])"));
    }
}

TEST_CASE("a form of a temporary key needs its token")
{
    credentials const temporary("STS.ak", "sk", "token");
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        form_fields fields = signer(version).sign(form_request("photos").key("a"), temporary, now).value().fields;
        CHECK(refusal_of(knowing(temporary).authenticate_form(fields, "photos", now)) == "(accepted)");
        value_of(fields, "x-oss-security-token") = "tokem";
        CHECK(knowing(temporary).authenticate_form(fields, "photos", now).error().code == "InvalidSecurityToken");
        leave_out(fields, "x-oss-security-token");
        CHECK(knowing(temporary).authenticate_form(fields, "photos", now).error().code == "InvalidAccessKeyId");
    }
}

TEST_CASE("a form without any signature is anonymous")
{
    auto const verdict = knowing(somebody).authenticate_form({{"key", "a"}}, "photos", now);
    REQUIRE(verdict.has_value());
    CHECK(verdict->who.anonymous());
    CHECK_FALSE(verdict->check_bytes(1 << 30).has_value());
}

TEST_CASE("a form with only a part of its signature is an invalid argument")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        bool const v4 = version == signature_version::v4;
        auto const form = signer(version).sign(form_request("photos").key("a"), somebody, now).value();
        auto const without = [&](char const* name) {
            form_fields fields = form.fields;
            leave_out(fields, name);
            return refusal_of(knowing(somebody).authenticate_form(fields, "photos", now));
        };
        CHECK(without(v4 ? "x-oss-credential" : "OSSAccessKeyId") ==
              "400 InvalidArgument: Post request accessKeyId is empty.");
        CHECK(without(v4 ? "x-oss-signature" : "Signature") == "400 InvalidArgument: Post request signature is empty.");
        CHECK(without("policy") == "400 InvalidArgument: Post request policy is empty.");
    }
}

TEST_CASE("a wrong form signature is answered with the policy as string to sign")
{
    auto fields = signer(signature_version::v1).sign(form_request("photos").key("a"), somebody, now).value().fields;
    value_of(fields, "Signature") = "c29tZXRoaW5nIGVsc2U=";
    auto const verdict = knowing(somebody).authenticate_form(fields, "photos", now);
    REQUIRE_FALSE(verdict.has_value());
    CHECK(verdict.error().code == "SignatureDoesNotMatch");
    CHECK(verdict.error().details.at(2).first == "StringToSign");
    CHECK(verdict.error().details.at(2).second == value_of(fields, "policy"));
}

TEST_CASE("a V4 form needs its version and its date")
{
    auto const form = signer(signature_version::v4).sign(form_request("photos").any_key(), somebody, now).value();
    form_fields fields = form.fields;
    value_of(fields, "x-oss-signature-version") = "OSS2";
    CHECK(knowing(somebody).authenticate_form(fields, "photos", now).error().code == "InvalidArgument");
    fields = form.fields;
    leave_out(fields, "x-oss-date");
    CHECK(knowing(somebody).authenticate_form(fields, "photos", now).error().code == "AccessDenied");
    CHECK(knowing(somebody).authenticate_form(form.fields, "photos", now - 16min).error().code ==
          "RequestTimeTooSkewed");
}

TEST_CASE("the names of form fields compare regardless of case")
{
    auto fields = signer(signature_version::v1).sign(form_request("photos").key("a"), somebody, now).value().fields;
    for (auto& field : fields)
        field.first = ascii::lower_case(field.first);
    CHECK(refusal_of(knowing(somebody).authenticate_form(fields, "photos", now)) == "(accepted)");
}

TEST_CASE("eq holds for the same text only")
{
    CHECK(refusal_of(judge(R"(["eq","$key","a"])", {{"key", "a"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"({"key":"a"})", {{"key", "a"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"(["eq","$key","a"])", {{"key", "ab"}})) == denied(R"(["eq", "$key", "a"])"));
    CHECK(refusal_of(judge(R"({"key":"a"})", {{"key", "A"}})) == denied(R"(["eq", "$key", "a"])"));
    CHECK(refusal_of(judge(R"({"key":"a"})", {})) == denied(R"(["eq", "$key", "a"])"));
}

TEST_CASE("the log hears what the form says instead, but no token")
{
    CHECK(judge(R"(["eq","$key","a"])", {{"key", "b"}}).error().why ==
          R"(Policy Condition failed: ["eq", "$key", "a"], but the form says "b")");
    CHECK(judge(R"(["eq","$key","a"])", {}).error().why ==
          R"(Policy Condition failed: ["eq", "$key", "a"], but the form has no such field)");
    CHECK(judge(R"({"x-oss-security-token":"one"})", {{"x-oss-security-token", "two"}}).error().why ==
          "Policy Condition failed: $x-oss-security-token");
}

TEST_CASE("starts-with holds for the prefix, and for any text when it is empty")
{
    CHECK(refusal_of(judge(R"(["starts-with","$key","u/"])", {{"key", "u/1"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"(["starts-with","$key",""])", {{"key", "x"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"(["starts-with","$key","u/"])", {{"key", "v/1"}})) ==
          denied(R"(["starts-with", "$key", "u/"])"));
}

TEST_CASE("in and not-in compare with each text of a list")
{
    CHECK(refusal_of(judge(R"(["in","$t",["a","b"]])", {{"t", "b"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"(["in","$t",["a","b"]])", {{"t", "c"}})) == denied(R"(["in", "$t", ["a","b"]])"));
    CHECK(refusal_of(judge(R"(["in","$t",["a","b"]])", {})) == denied(R"(["in", "$t", ["a","b"]])"));
    CHECK(refusal_of(judge(R"(["not-in","$t",["a"]])", {{"t", "c"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"(["not-in","$t",["a"]])", {{"t", "a"}})) == denied(R"(["not-in", "$t", ["a"]])"));
}

TEST_CASE("the first of several fields of one name is the one that conditions see")
{
    CHECK(refusal_of(judge(R"({"key":"a"})", {{"key", "a"}, {"KEY", "b"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"({"key":"b"})", {{"key", "a"}, {"KEY", "b"}})) == denied(R"(["eq", "$key", "b"])"));
}

TEST_CASE("a field named bucket does not stand in for the bucket")
{
    CHECK(refusal_of(judge(R"({"bucket":"photos"})", {{"bucket", "other"}})) == "(accepted)");
    CHECK(refusal_of(judge(R"({"bucket":"other"})", {{"bucket", "other"}})) == denied(R"(["eq", "$bucket", "other"])"));
}

TEST_CASE("the length range is inclusive and checked against the file")
{
    auto const permission = judge(R"(["content-length-range",2,4])", {}).value();
    CHECK(permission.check_bytes(1)->code == "EntityTooSmall");
    CHECK(permission.check_bytes(1)->status == 400);
    CHECK_FALSE(permission.check_bytes(2).has_value());
    CHECK_FALSE(permission.check_bytes(4).has_value());
    CHECK(permission.check_bytes(5)->code == "EntityTooLarge");
    CHECK(permission.check_bytes(5)->status == 400);
}

TEST_CASE("while a file is still coming only the maximum counts")
{
    auto const permission = judge(R"(["content-length-range",2,4])", {}).value();
    CHECK_FALSE(permission.check_bytes(1, true).has_value());
    CHECK(permission.check_bytes(5, true)->code == "EntityTooLarge");
}

TEST_CASE("two length ranges hold together")
{
    auto const permission = judge(R"(["content-length-range",2,9],["content-length-range",0,4])", {}).value();
    CHECK(permission.min_bytes == 2);
    CHECK(permission.max_bytes == 4);
}

TEST_CASE("a dollar sign in a policy may be escaped")
{
    CHECK(refusal_of(judge("{\"key\":\"a\\$b\"}", {{"key", "a$b"}})) == "(accepted)");
    CHECK(refusal_of(judge("{\"key\":\"a$b\"}", {{"key", "a$b"}})) == "(accepted)");
    CHECK(refusal_of(judge("{\"key\":\"a\\\\$b\"}", {{"key", "a\\$b"}})) == "(accepted)");
}

TEST_CASE("a policy that cannot be read is an invalid document")
{
    auto const verdict = [](std::string const& text) {
        auto const judged = emulation::check_policy(codec::base64_encode(text), {}, "photos", now, sender);
        return judged.has_value() ? "(accepted)" : std::to_string(judged.error().status) + ' ' + judged.error().code;
    };
    std::string const begin = R"({"expiration":"2030-01-01T00:00:00.000Z","conditions":)";
    for (std::string const& text : {std::string(),
                                    std::string("{"),
                                    std::string("[]"),
                                    std::string("{}"),
                                    begin + "[]}",
                                    begin + "123}",
                                    begin + "[123]}",
                                    begin + "[{}]}",
                                    begin + R"([{"a":"1","b":"2"}]})",
                                    begin + R"([{"a":1}]})",
                                    begin + R"([["$key"]]})",
                                    begin + R"([["eq","key","a"]]})",
                                    begin + R"([["ends-with","$key","a"]]})",
                                    begin + R"([["starts-with","$key","a","b"]]})",
                                    begin + R"([["not-in","$a","b"]]})",
                                    begin + R"([["in","$a",[1]]]})",
                                    begin + R"([["eq","$a",1]]})",
                                    begin + R"([["content-length-range",-1,2]]})",
                                    begin + R"([["content-length-range",3,2]]})",
                                    begin + R"([["content-length-range","1","2"]]})",
                                    std::string(R"({"conditions":[{"bucket":"photos"}]})"),
                                    std::string(R"({"expiration":"tomorrow","conditions":[{"bucket":"photos"}]})")}) {
        CAPTURE(text);
        CHECK(verdict(text) == "400 InvalidPolicyDocument");
    }
    CHECK(emulation::check_policy("***", {}, "photos", now, sender).error().code == "InvalidPolicyDocument");
}
