#include <ossify/callback/verifier.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vectors.hpp>

using namespace ossify;
using ossify::testing_support::test_vector;
using ossify::testing_support::vectors_of;

namespace {

std::string header(test_vector const& vector, std::string_view name)
{
    return test_vector::text(vector.inputs().at("headers").as_object(), name);
}

std::string md5_hex(std::string_view text)
{
    auto const digest = codec::md5(text);
    return codec::hex_encode_lower({reinterpret_cast<char const*>(digest.data()), digest.size()});
}

callback_verdict verify(std::string_view target, std::string_view authorization, std::string_view body,
                        codec::public_key const& key)
{
    return callback_verifier().verify(target, authorization, body, key);
}

}  // namespace

TEST_CASE("the vectors of verification come to their verdicts")
{
    for (auto const& vector : vectors_of("callback_verify")) {
        CAPTURE(vector.id());
        auto const target = vector.input("raw_path") + vector.input("raw_query_with_question_mark");
        auto const key = codec::public_key::from_pem(vector.input("public_key_pem")).value();
        CHECK(callback_string_to_sign(target, vector.input("body")).value() == vector.expect("string_to_sign"));
        CHECK(md5_hex(vector.expect("string_to_sign")) == vector.expect("md5_hex"));
        CHECK(callback_verifier().key_url(header(vector, "x-oss-pub-key-url")).value() == vector.expect("pub_key_url"));
        CHECK((verify(target, header(vector, "authorization"), vector.input("body"), key) ==
               callback_verdict::genuine) == vector.expected().at("valid").as_bool());
    }
}

TEST_CASE("a changed byte anywhere is refused")
{
    for (auto const& vector : vectors_of("callback_verify")) {
        if (!vector.expected().at("valid").as_bool())
            continue;
        CAPTURE(vector.id());
        auto const target = vector.input("raw_path") + vector.input("raw_query_with_question_mark");
        auto const signature = header(vector, "authorization");
        auto const body = vector.input("body");
        auto const key_url = header(vector, "x-oss-pub-key-url");
        auto const key = codec::public_key::from_pem(vector.input("public_key_pem")).value();
        auto const changed = [](std::string text, std::size_t i) {
            text[i] = static_cast<char>(text[i] ^ 1);
            return text;
        };
        for (std::size_t i = 0; i != target.size(); ++i)
            CHECK(verify(changed(target, i), signature, body, key) != callback_verdict::genuine);
        for (std::size_t i = 0; i != signature.size(); ++i)
            CHECK(verify(target, changed(signature, i), body, key) != callback_verdict::genuine);
        for (std::size_t i = 0; i != body.size(); ++i)
            CHECK(verify(target, signature, changed(body, i), key) != callback_verdict::genuine);
        for (std::size_t i = 0; i != key_url.size(); ++i) {
            auto const url = callback_verifier().key_url(changed(key_url, i));
            CHECK((!url || *url != vector.expect("pub_key_url")));
        }
    }
}

TEST_CASE("the pinned key is the one that the documentation names")
{
    auto const key = codec::public_key::from_pem(callback_key_pem).value();
    CHECK(key.fingerprint_sha256_hex() == "a1f54d0fb9263a14276c9e890f99cdeae986265b3985e6b1aa4603631c5bc9cf");
    CHECK(callback_verifier().trusts(callback_key_url));
}

TEST_CASE("only the service's own host is trusted for keys")
{
    callback_verifier const verifier;
    CHECK(verifier.trusts("http://gosspublic.alicdn.com/callback_pub_key_v1.pem"));
    CHECK(verifier.trusts("https://gosspublic.alicdn.com/other.pem"));
    for (char const* const url :
         {"https://gosspublic.alicdn.com.evil.example/k", "https://evil.example/gosspublic.alicdn.com/",
          "https://gosspublic.alicdn.com:443/k", "https://gosspublic.alicdn.com:8443/k",
          "https://user@gosspublic.alicdn.com/k", "https://gosspublic.alicdn.com@evil.example/k",
          "https://gosspublic.alicdn.com", "ftp://gosspublic.alicdn.com/k", "file:///k", "//gosspublic.alicdn.com/k",
          "gosspublic.alicdn.com/k", "https://gosspublic%2ealicdn.com/k", "https://gosspublic.alicdn.com\\@evil/k",
          "https://gosspublic.alicdn.com/k\r\nHost: evil", " https://gosspublic.alicdn.com/k", ""}) {
        CAPTURE(url);
        CHECK_FALSE(verifier.trusts(url));
    }
}

TEST_CASE("a key URL that is added is trusted as it stands")
{
    callback_verifier verifier;
    verifier.trust_key_url("http://127.0.0.1:8080/key.pem");
    CHECK(verifier.trusts("http://127.0.0.1:8080/key.pem"));
    CHECK_FALSE(verifier.trusts("http://127.0.0.1:8080/key.pem2"));
    CHECK_FALSE(verifier.trusts("http://127.0.0.1:8081/key.pem"));
    CHECK(verifier.trusts(callback_key_url));
}

TEST_CASE("key URLs are refused with a reason")
{
    callback_verifier const verifier;
    CHECK(verifier.key_url("").error().message() == to_string(callback_verdict::no_key_url));
    CHECK(verifier.key_url("?").error().message() == to_string(callback_verdict::malformed_key_url));
    auto const evil = verifier.key_url(codec::base64_encode("https://evil.example/k")).error();
    CHECK(evil == errc::callback_unverified);
    CHECK(evil.message().starts_with(to_string(callback_verdict::untrusted_key_url)));
}

TEST_CASE("requests that cannot be verified are refused with a reason")
{
    auto const key = codec::public_key::from_pem(callback_key_pem).value();
    CHECK(verify("/", "", "b", key) == callback_verdict::no_signature);
    CHECK(verify("/", "not base64", "b", key) == callback_verdict::malformed_signature);
    CHECK(verify("*", "AAAA", "b", key) == callback_verdict::malformed_target);
    CHECK(verify("/%0Ax", "AAAA", "b", key) == callback_verdict::malformed_target);
    CHECK(verify("/", "AAAA", "b", key) == callback_verdict::wrong_signature);
}

TEST_CASE("behind a proxy the public path is what counts")
{
    auto const key = codec::private_key::generate_rsa(1024).value();
    auto const public_key = codec::public_key::from_pem(key.public_pem()).value();
    auto const signature = sign_callback(key, "/api/cb?x=1", "b").value();
    callback_verifier verifier;
    CHECK(verifier.verify("/cb?x=1", signature, "b", public_key) == callback_verdict::wrong_signature);
    verifier.public_base_path("/api");
    CHECK(verifier.verify("/cb?x=1", signature, "b", public_key) == callback_verdict::genuine);
}

TEST_CASE("a signed body cannot be cut in two by a line feed in the path")
{
    auto const key = codec::private_key::generate_rsa(1024).value();
    auto const public_key = codec::public_key::from_pem(key.public_pem()).value();
    auto const signature = sign_callback(key, "/cb", "front\nrest").value();
    CHECK(verify("/cb", signature, "front\nrest", public_key) == callback_verdict::genuine);
    CHECK(verify("/cb%0Afront", signature, "rest", public_key) != callback_verdict::genuine);
}

TEST_CASE("every verdict has words of its own")
{
    CHECK(to_string(callback_verdict::genuine) == "genuine");
    CHECK(to_failure(callback_verdict::wrong_signature) == errc::callback_unverified);
    CHECK(to_string(callback_verdict::no_signature) != to_string(callback_verdict::malformed_signature));
}
