#include <ossify/codec/digest.hpp>

#include <ossify/codec/base64.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

using namespace ossify;
using namespace ossify::codec;
using namespace ossify::testing_support;

namespace {

template<std::size_t Bytes>
std::string hex(digest_bytes<Bytes> const& digest)
{
    return hex_encode_lower(as_chars(digest));
}

std::string const long_key(131, '\xaa');
std::string const long_key_80(80, '\xaa');

}  // namespace

TEST_CASE("MD5 gives the results of RFC 1321")
{
    CHECK(hex(md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hex(md5("a")) == "0cc175b9c0f1b6a831c399e269772661");
    CHECK(hex(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(hex(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890")) ==
          "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("SHA-1 gives the results of FIPS 180")
{
    CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST_CASE("SHA-256 gives the results of FIPS 180")
{
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("HMAC-SHA1 gives the results of RFC 2202")
{
    CHECK(hex(hmac_sha1(std::string(20, '\x0b'), "Hi There")) == "b617318655057264e28bc0b6fb378c8ef146be00");
    CHECK(hex(hmac_sha1("Jefe", "what do ya want for nothing?")) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(hex(hmac_sha1(long_key_80, "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST_CASE("HMAC-SHA256 gives the results of RFC 4231")
{
    CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("an HMAC key of exactly one block is used as it is")
{
    // printf x | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6b... (64 bytes)
    CHECK(hex(hmac_sha256(std::string(64, 'k'), "x")) ==
          "f91c4c403625fb06910ef93999265bbd2d62baeaec6ff36455498cc124fe3e66");
}

TEST_CASE("published signatures of version 1 come out of HMAC-SHA1")
{
    for (auto const& vector : vectors_of("v1_header")) {
        CAPTURE(vector.id());
        auto const signature = hmac_sha1(vector.input("access_key_secret"), vector.expect("string_to_sign"));
        CHECK(base64_encode(as_chars(signature)) == vector.expect("signature"));
    }
}

TEST_CASE("a changed byte of the string to sign changes the signature")
{
    auto const vector = vectors_of("v1_header").front();
    std::string changed = vector.expect("string_to_sign");
    changed.back() = static_cast<char>(changed.back() ^ 1);
    auto const signature = hmac_sha1(vector.input("access_key_secret"), changed);
    CHECK(base64_encode(as_chars(signature)) != vector.expect("signature"));
}

TEST_CASE("the MD5 of the callbacks' signed text is the one recorded")
{
    for (auto const& vector : vectors_of("callback_verify")) {
        CAPTURE(vector.id());
        CHECK(hex(md5(vector.expect("string_to_sign"))) == vector.expect("md5_hex"));
    }
}

TEST_CASE("a stream gives the digest of all its pieces, and starts again afterwards")
{
    md5_stream stream;
    stream.update("12345678901234567890");
    stream.update("");
    std::string_view const rest = "123456789012345678901234567890123456789012345678901234567890";
    stream.update(std::as_bytes(std::span(rest)));
    CHECK(hex(stream.finish()) == "57edf4a22be3c955ac49da2e2107b67a");
    CHECK(hex(stream.finish()) == "d41d8cd98f00b204e9800998ecf8427e");
    stream.update("abc");
    CHECK(hex(stream.finish()) == "900150983cd24fb0d6963f7d28e17f72");
}

TEST_CASE("a moved stream goes on where it was")
{
    sha256_stream first;
    first.update("ab");
    sha256_stream second = std::move(first);
    second.update("c");
    CHECK(hex(second.finish()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("signatures are equal only when every byte is")
{
    CHECK(constant_time_equal("", ""));
    CHECK(constant_time_equal("abc", "abc"));
    CHECK_FALSE(constant_time_equal("abc", "abd"));
    CHECK_FALSE(constant_time_equal("abc", "Abc"));
    CHECK_FALSE(constant_time_equal("abc", "ab"));
    CHECK_FALSE(constant_time_equal("", "a"));
}
