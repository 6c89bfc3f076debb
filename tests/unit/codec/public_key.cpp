#include <ossify/codec/public_key.hpp>

#include <ossify/codec/base64.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ossify;
using namespace ossify::codec;
using namespace ossify::testing_support;

namespace {

/// A callback's key, signed text and signature, whichever kind of vector they come from.
struct signed_callback {
    std::string id, pem, message, signature;
    bool valid = true;
};

std::vector<signed_callback> signed_callbacks()
{
    std::vector<signed_callback> out;
    for (auto const& v : vectors_of("callback_verify")) {
        auto const& headers = v.inputs().at("headers").as_object();
        out.push_back({v.id(), v.input("public_key_pem"), v.expect("string_to_sign"),
                       base64_decode(test_vector::text(headers, "authorization")).value(),
                       v.expected().at("valid").as_bool()});
    }
    for (auto const& v : vectors_of("callback_sign"))
        out.push_back({v.id(), v.input("public_key_pem"), v.expect("string_to_sign"),
                       base64_decode(v.expect("authorization")).value(), true});
    return out;
}

std::vector<signed_callback> valid_callbacks()
{
    auto out = signed_callbacks();
    std::erase_if(out, [](signed_callback const& callback) { return !callback.valid; });
    return out;
}

/// One key for all tests: making one is slow.
private_key const& own_key()
{
    static private_key const key = private_key::generate_rsa(2048).value();
    return key;
}

std::string const p256_pem = "-----BEGIN PUBLIC KEY-----\n"
                             "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVAtrUQ4PE7HtPXpZGBmsX78xXz6D\n"
                             "peG9zZ+ivFIUGKZga/OabEGAck1+rk241bgtbNrXyCf9jiyCYNQ6aGwOwg==\n"
                             "-----END PUBLIC KEY-----\n";

}  // namespace

TEST_CASE("every recorded callback verifies with its key, and the one with a changed signature does not")
{
    int refused = 0;
    for (auto const& callback : signed_callbacks()) {
        CAPTURE(callback.id);
        auto const key = public_key::from_pem(callback.pem).value();
        CHECK(key.verify_md5(callback.message, callback.signature) == callback.valid);
        refused += callback.valid ? 0 : 1;
    }
    CHECK(refused == 1);
}

TEST_CASE("a change of any byte of the signed text fails")
{
    for (auto const& callback : valid_callbacks()) {
        CAPTURE(callback.id);
        auto const key = public_key::from_pem(callback.pem).value();
        for (std::size_t i = 0; i != callback.message.size(); ++i) {
            std::string changed = callback.message;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            REQUIRE_FALSE(key.verify_md5(changed, callback.signature));
        }
        CHECK_FALSE(key.verify_md5(callback.message + '\n', callback.signature));
        CHECK_FALSE(key.verify_md5("", callback.signature));
    }
}

TEST_CASE("a change of any byte of the signature fails")
{
    for (auto const& callback : valid_callbacks()) {
        CAPTURE(callback.id);
        auto const key = public_key::from_pem(callback.pem).value();
        for (std::size_t i = 0; i != callback.signature.size(); ++i) {
            std::string changed = callback.signature;
            changed[i] = static_cast<char>(changed[i] ^ 0x80);
            REQUIRE_FALSE(key.verify_md5(callback.message, changed));
        }
    }
}

TEST_CASE("a signature of another length fails")
{
    auto const callback = valid_callbacks().front();
    auto const key = public_key::from_pem(callback.pem).value();
    CHECK_FALSE(key.verify_md5(callback.message, ""));
    CHECK_FALSE(key.verify_md5(callback.message, callback.signature.substr(1)));
    CHECK_FALSE(key.verify_md5(callback.message, callback.signature + '\0'));
    CHECK_FALSE(key.verify_md5(callback.message, '\0' + callback.signature));
}

TEST_CASE("a key that has just refused a signature takes the right one, and the other way round")
{
    for (auto const& callback : valid_callbacks()) {
        CAPTURE(callback.id);
        auto const key = public_key::from_pem(callback.pem).value();
        auto const copy = key;
        for (std::string const& wrong : {std::string(), std::string("short"), std::string(callback.signature.size(), 'x'),
                                         std::string(1000, '\xff')}) {
            CHECK(key.verify_md5(callback.message, callback.signature));
            CHECK_FALSE(copy.verify_md5(callback.message, wrong));
            CHECK(copy.verify_md5(callback.message, callback.signature));
            CHECK_FALSE(key.verify_md5(callback.message + 'x', callback.signature));
        }
    }
}

TEST_CASE("the signature of another key fails")
{
    auto const callbacks = valid_callbacks();
    auto const& other = callbacks.back();
    CHECK_FALSE(public_key::from_pem(own_key().public_pem()).value().verify_md5(other.message, other.signature));
}

TEST_CASE("what a made key signs, its public half verifies")
{
    auto const key = public_key::from_pem(own_key().public_pem()).value();
    auto const signature = own_key().sign_md5("/callback\nbucket=b").value();
    CHECK(signature.size() == 256);
    CHECK(key.verify_md5("/callback\nbucket=b", signature));
    CHECK_FALSE(key.verify_md5("/callback\nbucket=c", signature));
}

TEST_CASE("keys of 512 and 1024 bits sign and verify")
{
    for (int const bits : {512, 1024}) {
        CAPTURE(bits);
        auto const key = private_key::generate_rsa(bits).value();
        auto const signature = key.sign_md5("text").value();
        CHECK(signature.size() == static_cast<std::size_t>(bits / 8));
        CHECK(public_key::from_pem(key.public_pem()).value().verify_md5("text", signature));
    }
}

TEST_CASE("a key of an impossible size is refused")
{
    for (int const bits : {-1, 0, 511, 16385})
        CHECK(private_key::generate_rsa(bits).error() == errc::invalid_argument);
}

TEST_CASE("the fingerprint names the key, not its text")
{
    auto const callbacks = valid_callbacks();
    auto const key = public_key::from_pem(callbacks.front().pem).value();
    auto const with_notes = public_key::from_pem("a note\r\n\r\n" + callbacks.front().pem + "\nmore").value();
    CHECK(key.fingerprint_sha256_hex() == with_notes.fingerprint_sha256_hex());
    auto const other = public_key::from_pem(own_key().public_pem()).value();
    CHECK(key.fingerprint_sha256_hex() != other.fingerprint_sha256_hex());
    // openssl pkey -pubin -outform DER | sha256sum
    CHECK(key.fingerprint_sha256_hex() == "a1f54d0fb9263a14276c9e890f99cdeae986265b3985e6b1aa4603631c5bc9cf");
}

TEST_CASE("a PEM with the line ends of Windows is read")
{
    auto const callback = valid_callbacks().front();
    std::string pem;
    for (char const c : callback.pem)
        pem += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CHECK(public_key::from_pem(pem).has_value());
}

TEST_CASE("what is no RSA public key in PEM is refused")
{
    auto const pem = valid_callbacks().front().pem;
    for (std::string const& text : {std::string(), std::string("no key"), pem.substr(0, pem.size() / 2), pem.substr(30),
                                    std::string("<html>404</html>"), std::string(100000, 'A'),
                                    std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")}) {
        CAPTURE(text);
        CHECK(public_key::from_pem(text).error() == errc::malformed_key);
    }
    CHECK(public_key::from_pem(p256_pem).error().message() == "a public key, but not an RSA key");
}

TEST_CASE("a cut key is refused at every length")
{
    auto const pem = valid_callbacks().front().pem;
    std::string const end = "-----END PUBLIC KEY-----";
    for (std::size_t size = 0; size < pem.find(end) + end.size(); ++size)
        REQUIRE_FALSE(public_key::from_pem(std::string_view(pem).substr(0, size)).has_value());
}

TEST_CASE("failures leave nothing in OpenSSL's error queue, where TLS would find it")
{
    auto const callback = valid_callbacks().front();
    auto const key = public_key::from_pem(callback.pem).value();
    ERR_clear_error();
    CHECK_FALSE(key.verify_md5("other", callback.signature));
    CHECK_FALSE(key.verify_md5(callback.message, "short"));
    CHECK_FALSE(public_key::from_pem("no key").has_value());
    CHECK(ERR_peek_error() == 0);
}
