#include <ossify/http/body_decoder.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>

using namespace ossify;
using namespace ossify::http;

namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// What a chunked body decodes to, or why it is refused.
std::string decode(std::string_view bytes, std::uint64_t max_bytes = unlimited, errc expected = errc::malformed_http)
{
    body_decoder decoder;
    CHECK(decoder.start(body_kind::chunked, 0, max_bytes, 64, 2));
    std::string out;
    while (!decoder.is_done()) {
        auto const piece = decoder.next(bytes);
        if (!piece)
            return piece.error() == expected ? piece.error().message() : to_string(piece.error());
        if (piece->framing + piece->data == 0)
            return out + " and more to come";
        out += bytes.substr(piece->framing, piece->data);
        bytes.remove_prefix(piece->framing + piece->data);
    }
    return out + (bytes.empty() ? "" : " and left: " + std::string(bytes));
}

}  // namespace

TEST_CASE("chunks decode to their bytes, whatever these are")
{
    CHECK(decode("4\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n") == "Wikipedia in \r\n\r\nchunks.");
}

TEST_CASE("a chunked body ends with its last chunk")
{
    CHECK(decode("0\r\n\r\nGET") == " and left: GET");
    CHECK(decode("1\r\na\r\n000\r\n\r\n") == "a");
    CHECK(decode("1\r\na\r\n0\r\n") == "a and more to come");
}

TEST_CASE("a chunk's size is hexadecimal digits only")
{
    std::string_view const why = "chunk 1 of the body: its size is no hexadecimal number";
    CHECK(decode("\r\n") == why);
    CHECK(decode("g\r\n") == why);
    CHECK(decode("-1\r\n") == why);
    CHECK(decode("+1\r\n") == why);
    CHECK(decode(";a\r\n") == why);
}

TEST_CASE("white space around a chunk's size is refused")
{
    CHECK(decode(" 1\r\n") == "chunk 1 of the body: its size is no hexadecimal number");
    CHECK(decode("1 \r\na\r\n") == "chunk 1 of the body: its size is followed by something other than extensions");
    CHECK(decode("1\t;a\r\n") == "chunk 1 of the body: its size is followed by something other than extensions");
    CHECK(decode("0x1\r\n") == "chunk 1 of the body: its size is followed by something other than extensions");
}

TEST_CASE("a chunk's size fits 64 bits and is not padded beyond them")
{
    CHECK(decode("10000000000000000\r\n") == "chunk 1 of the body: its size does not fit 64 bits");
    CHECK(decode("00000000000000001\r\na\r\n") == "chunk 1 of the body: its size does not fit 64 bits");
    CHECK(decode("0000000000000001\r\na\r\n") == "a and more to come");
    CHECK(decode("ffffffffffffffff\r\n") == " and more to come");
}

TEST_CASE("sizes that add up to more than 64 bits are refused")
{
    CHECK(decode("1\r\na\r\nffffffffffffffff\r\n", unlimited, errc::body_too_large) ==
          "more than 18446744073709551615 bytes of body");
}

TEST_CASE("the bytes of a chunk are followed by CR LF")
{
    CHECK(decode("1\r\nab\r\n") == "chunk 1 of the body: its bytes are not followed by CR LF");
    CHECK(decode("1\r\na\n0\r\n\r\n") == "chunk 1 of the body: its bytes are not followed by CR LF");
    CHECK(decode("1\r\na\r0\r\n\r\n") == "chunk 1 of the body: its bytes are not followed by CR LF");
}

TEST_CASE("a bare line feed after a size is refused")
{
    CHECK(decode("1\na\r\n") == "chunk 1 of the body: a line feed without a carriage return");
    CHECK(decode("1;a\nb\r\n0\r\n\r\n") == "chunk 1 of the body: a line feed without a carriage return");
    CHECK(decode("0\r\n\n") == "chunk 1 of the body: a line feed without a carriage return");
}

TEST_CASE("extensions are read over")
{
    CHECK(decode("1;a\r\nx\r\n1;a=b;c=\"d;\\\"\t=\"\r\ny\r\n0;e\r\n\r\n") == "xy");
}

TEST_CASE("extensions that are none are refused")
{
    std::string_view const why = "chunk 1 of the body: its size is followed by something other than extensions";
    for (std::string_view const bad : {";", ";=", ";a=", ";a b", "; a", ";a =b", ";a=\"b", ";a=\"b\\", ";a=\"b\"c",
                                       ";a\r", ";a=\"\r\"", ";a=\"\x01\"", ",a"})
        CHECK_MESSAGE(decode("1" + std::string(bad) + "\r\nx\r\n") == why, bad);
}

TEST_CASE("a size line has a bound")
{
    CHECK(decode("1;" + std::string(4091, 'a') + "\r\n") == " and more to come");
    CHECK(decode("1;" + std::string(4095, 'a') + "\r\n") ==
          "chunk 1 of the body: its size line is longer than 4096 bytes");
    CHECK(decode("1;" + std::string(4095, 'a')) == "chunk 1 of the body: its size line is longer than 4096 bytes");
}

TEST_CASE("extensions may not outweigh the body for long")
{
    std::string body;
    for (int i = 0; i != 20; ++i)
        body += "1;" + std::string(1000, 'a') + "\r\nx\r\n";
    CHECK(decode(body) == "chunk 17 of the body: more bytes of extensions than of body");
}

TEST_CASE("trailers are dropped")
{
    CHECK(decode("1\r\na\r\n0\r\nX-Checksum: 1\r\nY:\r\n\r\n") == "a");
}

TEST_CASE("trailers must be header lines")
{
    CHECK(decode("0\r\nX : 1\r\n\r\n") == "a trailer of the body: a space inside or after a header name");
    CHECK(decode("0\r\n X: 1\r\n\r\n") == "a trailer of the body: it starts with a space; folded lines are refused");
    CHECK(decode("0\r\nX: \x01\r\n\r\n") == "a trailer of the body: a control character in a header value");
    CHECK(decode("0\r\nGET / HTTP/1.1\r\n\r\n") == "a trailer of the body: a space inside or after a header name");
}

TEST_CASE("a trailer may not change what was read")
{
    CHECK(decode("0\r\nContent-Length: 5\r\n\r\n") == "a trailer of the body must not be Content-Length");
    CHECK(decode("0\r\nTransfer-encoding: chunked\r\n\r\n") == "a trailer of the body must not be Transfer-Encoding");
    CHECK(decode("0\r\nHOST: h\r\n\r\n") == "a trailer of the body must not be Host");
    CHECK(decode("0\r\nConnection: close\r\n\r\n") == "a trailer of the body must not be Connection");
}

TEST_CASE("trailers are bounded in number and bytes")
{
    CHECK(decode("0\r\na: b\r\na: b\r\na: b\r\n\r\n", unlimited, errc::header_too_large) ==
          "more trailers after the body than allowed");
    CHECK(decode("0\r\na: " + std::string(40, 'b') + "\r\na: " + std::string(40, 'b') + "\r\n\r\n", unlimited,
                 errc::header_too_large) == "the trailers of the body are longer than allowed");
}

TEST_CASE("a chunked body may have as many bytes as allowed, and not one more")
{
    CHECK(decode("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5) == "abcde");
    CHECK(decode("3\r\nabc\r\n3\r\n", 5, errc::body_too_large) == "more than 5 bytes of body");
}

TEST_CASE("a body that is too long is refused at once when its length is known")
{
    body_decoder decoder;
    CHECK(decoder.start(body_kind::length, 6, 5, 64, 2).error() == errc::body_too_large);
    CHECK(decoder.start(body_kind::length, 5, 5, 64, 2));
}

TEST_CASE("a body until the peer closes may have as many bytes as allowed, and not one more")
{
    body_decoder decoder;
    CHECK(decoder.start(body_kind::until_close, 0, 5, 64, 2));
    CHECK(decoder.next("abcde")->data == 5);
    CHECK(decoder.next("f").error() == errc::body_too_large);
}

TEST_CASE("a cut body says how far it came")
{
    body_decoder decoder;
    CHECK(decoder.start(body_kind::length, 10, unlimited, 64, 2));
    CHECK(decoder.next("abc")->data == 3);
    auto const cut = decoder.finish();
    CHECK(cut.error() == errc::truncated);
    CHECK(cut.error().message() == "the peer closed after 3 of 10 body bytes");
}

TEST_CASE("a decoder can be started again in the middle of a line")
{
    body_decoder decoder;
    CHECK(decoder.start(body_kind::chunked, 0, unlimited, 64, 2));
    CHECK(decoder.next("1")->framing == 1);
    CHECK(decoder.start(body_kind::chunked, 0, unlimited, 64, 2));
    CHECK(decoder.next("2\r\nab")->data == 2);
}
