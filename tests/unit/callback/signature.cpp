#include <ossify/callback/signature.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vectors.hpp>

using namespace ossify;
using ossify::testing_support::vectors_of;

TEST_CASE("the vectors of signing have our string to sign, our digest, and a signature that fits")
{
    for (auto const& vector : vectors_of("callback_sign")) {
        CAPTURE(vector.id());
        auto const target = vector.input("raw_path") + vector.input("raw_query_with_question_mark");
        auto const text = callback_string_to_sign(target, vector.input("body")).value();
        CHECK(text == vector.expect("string_to_sign"));
        CHECK(callback_content_md5(vector.input("body")) == vector.expect("content_md5"));
        auto const key = codec::public_key::from_pem(vector.input("public_key_pem")).value();
        CHECK(key.verify_md5(text, codec::base64_decode(vector.expect("authorization")).value()));
    }
}

TEST_CASE("a changed byte of target or body changes the string to sign")
{
    for (auto const& vector : vectors_of("callback_sign")) {
        CAPTURE(vector.id());
        auto const target = vector.input("raw_path") + vector.input("raw_query_with_question_mark");
        auto const body = vector.input("body");
        for (std::size_t i = 0; i != target.size(); ++i) {
            auto changed = target;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            auto const text = callback_string_to_sign(changed, body);
            CHECK((!text || *text != vector.expect("string_to_sign")));
        }
        for (std::size_t i = 0; i != body.size(); ++i) {
            auto changed = body;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            CHECK(callback_string_to_sign(target, changed).value() != vector.expect("string_to_sign"));
            CHECK(callback_content_md5(changed) != vector.expect("content_md5"));
        }
    }
}

TEST_CASE("what we sign verifies with our public key")
{
    auto const key = codec::private_key::generate_rsa(1024).value();
    auto const authorization = sign_callback(key, "/cb?a=1", "body").value();
    auto const public_key = codec::public_key::from_pem(key.public_pem()).value();
    CHECK(public_key.verify_md5("/cb?a=1\nbody", codec::base64_decode(authorization).value()));
    CHECK_FALSE(public_key.verify_md5("/cb?a=1\nbodY", codec::base64_decode(authorization).value()));
}

TEST_CASE("the path is decoded once, the query not at all")
{
    CHECK(callback_string_to_sign("/a%2520b?c=%20d", "x").value() == "/a%20b?c=%20d\nx");
}

TEST_CASE("a plus sign stays a plus sign") { CHECK(callback_string_to_sign("/a+b?c+d", "x").value() == "/a+b?c+d\nx"); }

TEST_CASE("without a question mark there is none, with one alone there is one")
{
    CHECK(callback_string_to_sign("/a", "x").value() == "/a\nx");
    CHECK(callback_string_to_sign("/a?", "x").value() == "/a?\nx");
}

TEST_CASE("only the first question mark ends the path")
{
    CHECK(callback_string_to_sign("/a?b?c%20", "x").value() == "/a?b?c%20\nx");
}

TEST_CASE("a path with a broken escape is taken as it stands")
{
    CHECK(callback_string_to_sign("/a%2", "x").value() == "/a%2\nx");
    CHECK(callback_string_to_sign("/100%?x", "x").value() == "/100%?x\nx");
}

TEST_CASE("an absolute-form target loses its authority")
{
    CHECK(callback_string_to_sign("http://h.example:81/a?b", "x").value() == "/a?b\nx");
    CHECK(callback_string_to_sign("http://h.example", "x").value() == "/\nx");
    CHECK(callback_string_to_sign("http://h.example?b", "x").value() == "/?b\nx");
}

TEST_CASE("other targets cannot have been signed")
{
    CHECK(callback_string_to_sign("*", "x").error() == errc::callback_unverified);
    CHECK(callback_string_to_sign("h.example:443", "x").error() == errc::callback_unverified);
    CHECK(callback_string_to_sign("", "x").error() == errc::callback_unverified);
}

TEST_CASE("a path with a line feed is refused: the body's front could hide in it")
{
    CHECK(callback_string_to_sign("/cb%0Afront", "rest").error() == errc::callback_unverified);
}

TEST_CASE("a query with a line feed is refused, too")
{
    CHECK(callback_string_to_sign("/cb?x\nfront", "rest").error() == errc::callback_unverified);
}

TEST_CASE("what a proxy took off the path is put back")
{
    CHECK(callback_string_to_sign("/cb?x", "b", "/api").value() == "/api/cb?x\nb");
    CHECK(callback_string_to_sign("/cb", "b", "/api/").value() == "/api/cb\nb");
    CHECK(callback_string_to_sign("/cb", "b", "/%61pi").value() == "/api/cb\nb");
}
