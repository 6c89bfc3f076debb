#include <ossify/presign/form_signer.hpp>

#include "vectors.hpp"

#include <ossify/codec/base64.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace ossify;
using testing_support::vectors_of;
using namespace std::chrono_literals;

namespace {

codec::wall_time const now{std::chrono::seconds(1702743657)};
credentials const somebody("ak", "sk");

endpoint hangzhou() { return endpoint::parse("https://oss-cn-hangzhou.aliyuncs.com").value(); }
form_signer v1() { return form_signer(hangzhou(), request_signer()); }
form_signer v4()
{
    return form_signer(hangzhou(), request_signer(signature_version::v4, signing_scope("cn-hangzhou")));
}

std::string field(signed_form const& form, std::string_view name)
{
    auto const found =
        std::find_if(form.fields.begin(), form.fields.end(), [&](auto const& f) { return f.first == name; });
    return found == form.fields.end() ? "(none)" : found->second;
}

std::string policy(signed_form const& form) { return codec::base64_decode(field(form, "policy")).value(); }

bool has_condition(signed_form const& form, std::string const& condition)
{
    return policy(form).find(condition) != std::string::npos;
}

encoded_callback callback_with(std::string base64, std::vector<callback_variable> list = {})
{
    auto parameters = std::make_shared<detail::encoded_parameters>();
    parameters->base64 = std::move(base64);
    auto variables = std::make_shared<detail::encoded_variables>();
    variables->list = std::move(list);
    return encoded_callback(parameters, variables);
}

std::string refusal(result<signed_form> const& made)
{
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error() == condition::usage);
    CHECK(made.error().info().operation == "PostObject");
    return made.error().message();
}

}  // namespace

TEST_CASE("every published V1 policy signature is reproduced")
{
    for (auto const& vector : vectors_of("post_policy_v1")) {
        CAPTURE(vector.id());
        credentials const who("ak", secret(vector.input("access_key_secret")));
        CHECK(codec::base64_encode(vector.input("policy_json_text")) == vector.expect("policy_base64"));
        CHECK(v1().signature_of(vector.expect("policy_base64"), who, "") == vector.expect("signature"));
    }
}

TEST_CASE("every published V4 policy signature is reproduced")
{
    for (auto const& vector : vectors_of("post_policy_v4")) {
        CAPTURE(vector.id());
        form_signer const signer(
            hangzhou(),
            request_signer(signature_version::v4, signing_scope(vector.input("region"), vector.input("product"))));
        credentials const who("ak", secret(vector.input("access_key_secret")));
        CHECK(codec::base64_encode(vector.input("policy_json_text")) == vector.expect("policy_base64"));
        CHECK(signer.signature_of(vector.expect("policy_base64"), who, vector.input("date")) ==
              vector.expect("x_oss_signature"));
    }
}

TEST_CASE("a form request gives the published V4 policy, to the byte")
{
    auto const vector = vectors_of("post_policy_v4").front();
    auto const wanted = codec::parse_json(vector.input("policy_json_text")).value();
    std::string const callback = wanted.at("conditions").at(5).at("callback").as_string().c_str();
    auto const form = v4().sign(form_request("examplebucket")
                                    .any_key()
                                    .min_bytes(1)
                                    .max_bytes(1024)
                                    .expires_in(1h)
                                    .callback(callback_with(callback)),
                                somebody, now)
                          .value();
    CHECK(policy(form) == vector.input("policy_json_text"));
    CHECK(field(form, "policy") == vector.expect("policy_base64"));
    CHECK(field(form, "x-oss-signature") == vector.expect("x_oss_signature"));
    CHECK(field(form, "callback") == callback);
}

TEST_CASE("a V4 form has the fields of its signature")
{
    auto const form = v4().sign(form_request("photos").key("a.jpg"), somebody, now).value();
    CHECK(form.action == "https://photos.oss-cn-hangzhou.aliyuncs.com/");
    CHECK(field(form, "x-oss-signature-version") == "OSS4-HMAC-SHA256");
    CHECK(field(form, "x-oss-credential") == "ak/20231216/cn-hangzhou/oss/aliyun_v4_request");
    CHECK(field(form, "x-oss-date") == "20231216T162057Z");
    CHECK(field(form, "x-oss-signature").size() == 64);
    CHECK(field(form, "OSSAccessKeyId") == "(none)");
    CHECK(field(form, "Signature") == "(none)");
    CHECK(form.expires == now + 15min);
}

TEST_CASE("a V1 form has the fields of its signature")
{
    auto const form = v1().sign(form_request("photos").key("a.jpg"), somebody, now).value();
    CHECK(field(form, "OSSAccessKeyId") == "ak");
    CHECK(field(form, "Signature") == v1().signature_of(field(form, "policy"), somebody, ""));
    CHECK(field(form, "x-oss-signature") == "(none)");
    CHECK(policy(form) ==
          R"({"expiration":"2023-12-16T16:35:57.000Z","conditions":[{"bucket":"photos"},{"key":"a.jpg"}]})");
}

TEST_CASE("a form posts to the path of the bucket on an emulator")
{
    form_signer const local(endpoint::parse("http://127.0.0.1:9000").value(), request_signer());
    CHECK(local.sign(form_request("photos").key("a"), somebody, now).value().action == "http://127.0.0.1:9000/photos/");
}

TEST_CASE("a key prefix becomes a condition and a key with the file's name")
{
    auto const form = v1().sign(form_request("photos").key_prefix("u/42/"), somebody, now).value();
    CHECK(field(form, "key") == "u/42/${filename}");
    CHECK(has_condition(form, R"(["starts-with","$key","u/42/"])"));
}

TEST_CASE("the length of the file becomes a condition")
{
    auto const most = v1().sign(form_request("photos").key("a").max_bytes(10), somebody, now).value();
    CHECK(has_condition(most, R"(["content-length-range",0,10])"));
    auto const least = v1().sign(form_request("photos").key("a").min_bytes(3), somebody, now).value();
    CHECK(has_condition(least, R"(["content-length-range",3,5368709120])"));
}

TEST_CASE("an exact content type is a field, other rules leave it to the sender")
{
    auto const exact = v1().sign(form_request("photos").key("a").content_type("image/png"), somebody, now).value();
    CHECK(field(exact, "x-oss-content-type") == "image/png");
    CHECK(has_condition(exact, R"({"x-oss-content-type":"image/png"})"));
    CHECK(exact.to_fill.empty());

    auto const prefix = v1().sign(form_request("photos").key("a").content_type_prefix("image/"), somebody, now).value();
    CHECK(has_condition(prefix, R"(["starts-with","$x-oss-content-type","image/"])"));
    CHECK(prefix.to_fill == std::vector<std::string>{"x-oss-content-type"});

    auto const list =
        v1().sign(form_request("photos").key("a").content_types({"image/png", "image/gif"}), somebody, now).value();
    CHECK(has_condition(list, R"(["in","$x-oss-content-type",["image/png","image/gif"]])"));
    CHECK(list.to_fill == std::vector<std::string>{"x-oss-content-type"});
}

TEST_CASE("a callback and each of its variables are fields and conditions")
{
    auto const form =
        v4().sign(
                form_request("photos").key("a").callback(callback_with("Y2I=", {{"x:user", "4\"2"}, {"x:album", "7"}})),
                somebody, now)
            .value();
    CHECK(field(form, "callback") == "Y2I=");
    CHECK(field(form, "x:user") == "4\"2");
    CHECK(field(form, "x:album") == "7");
    CHECK(has_condition(form, R"({"callback":"Y2I="},{"x:user":"4\"2"},{"x:album":"7"})"));
}

TEST_CASE("the token of a temporary key is a field and a condition")
{
    auto const form = v4().sign(form_request("photos").key("a"), credentials("ak", "sk", "token"), now).value();
    CHECK(field(form, "x-oss-security-token") == "token");
    CHECK(has_condition(form, R"({"x-oss-security-token":"token"})"));
}

TEST_CASE("further conditions keep their types")
{
    auto const form = v1().sign(form_request("photos")
                                    .key("a")
                                    .field("x-oss-object-acl", "private")
                                    .none_of("Cache-Control", {"no-cache"})
                                    .success_status(201),
                                somebody, now)
                          .value();
    CHECK(field(form, "x-oss-object-acl") == "private");
    CHECK(field(form, "success_action_status") == "201");
    CHECK(has_condition(form, R"({"x-oss-object-acl":"private"},["not-in","$Cache-Control",["no-cache"]])"));
    CHECK(has_condition(form, R"({"success_action_status":"201"})"));
}

TEST_CASE("text with quotes cannot break out of the policy")
{
    auto const form = v1().sign(form_request("photos").key("a\"},{\"x\":\"b"), somebody, now).value();
    auto const document = codec::parse_json(policy(form)).value();
    CHECK(document.at("conditions").as_array().size() == 2);
}

TEST_CASE("a form that says nothing about its key is refused")
{
    CHECK(refusal(v1().sign(form_request("photos"), somebody, now)) ==
          "say which objects the form may write: key, key_prefix or any_key");
}

TEST_CASE("a key in which the sender could choose a part is refused: the policy does not see what takes its place")
{
    CHECK(refusal(v1().sign(form_request("photos").key("u/${filename}"), somebody, now)).find("${filename}") !=
          std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key_prefix("u/${filename}/"), somebody, now)).find("${filename}") !=
          std::string::npos);
    CHECK(v1().sign(form_request("photos").key("u/$filename"), somebody, now).has_value());
}

TEST_CASE("what cannot be a form is refused with the reason")
{
    CHECK(refusal(v1().sign(form_request("P").any_key(), somebody, now)).find("bucket name") == 4);
    CHECK(refusal(v1().sign(form_request("photos").key("/a"), somebody, now)).find("must not begin with /") !=
          std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key_prefix("/a"), somebody, now)).find("must not begin with /") !=
          std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key("a").min_bytes(2).max_bytes(1), somebody, now))
              .find("least length") != std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key("a").max_bytes(6'000'000'000), somebody, now)).find("5 GiB") !=
          std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key("a").expires_in(0s), somebody, now)).find("one second") !=
          std::string::npos);
    CHECK(refusal(v1().sign(form_request("photos").key("a").content_type("image/png\r\nx: y"), somebody, now))
              .find("field x-oss-content-type holds a control") != std::string::npos);
    CHECK(v1().sign(form_request("photos").key("a"), {}, now).error() == errc::missing_credentials);
}
