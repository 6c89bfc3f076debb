#include <ossify/http/head_parser.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ossify;
using namespace ossify::http;

namespace {

template<class Head>
std::string refusal(std::string_view bytes, errc expected = errc::malformed_http)
{
    head_parser<Head> parser(1024, 8);
    Head head;
    auto const read = parser.parse(bytes, head);
    if (read)
        return parser.is_done() ? "accepted" : "unfinished";
    return read.error() == expected ? read.error().message() : to_string(read.error());
}

std::string request_refusal(std::string_view bytes) { return refusal<request_head>(bytes); }
std::string response_refusal(std::string_view bytes) { return refusal<response_head>(bytes); }

/// A request whose second header line is `line`.
std::string with(std::string_view line)
{
    return request_refusal("PUT / HTTP/1.1\r\nHost: h\r\n" + std::string(line) + "\r\n\r\n");
}

request_head read_request(std::string_view bytes)
{
    head_parser<request_head> parser(1024, 8);
    request_head head;
    CHECK(parser.parse(bytes, head).value() == bytes.size());
    CHECK(parser.is_done());
    return head;
}

response_head read_response(std::string_view bytes)
{
    head_parser<response_head> parser(1024, 8);
    response_head head;
    CHECK(parser.parse(bytes, head).value() == bytes.size());
    CHECK(parser.is_done());
    return head;
}

}  // namespace

TEST_CASE("a request head is read whole")
{
    auto const head = read_request("PUT /a%20b?c HTTP/1.1\r\nHost: h\r\nx-oss-meta-a:\t v w \t\r\nEmpty:\r\n\r\n");
    CHECK(head.method == method::put);
    CHECK(head.target == "/a%20b?c");
    CHECK(head.minor_version == 1);
    CHECK(head.headers.text() == "Host: h\r\nx-oss-meta-a: v w\r\nEmpty: \r\n");
}

TEST_CASE("a response head is read whole")
{
    auto const head = read_response("HTTP/1.0 404 Not  Found\r\nServer: s\r\n\r\n");
    CHECK(head.status == 404);
    CHECK(head.reason == "Not  Found");
    CHECK(head.minor_version == 0);
    CHECK(head.headers.text() == "Server: s\r\n");
}

TEST_CASE("a response without words is read, with and without the space before them")
{
    CHECK(read_response("HTTP/1.1 200 \r\n\r\n").reason.empty());
    CHECK(read_response("HTTP/1.1 200\r\n\r\n").status == 200);
}

TEST_CASE("bytes from 0x80 are allowed in values, words and targets")
{
    CHECK(read_request("GET /\xff HTTP/1.1\r\nHost: h\r\nA: \x80\r\n\r\n").headers.get("A") == "\x80");
    CHECK(read_response("HTTP/1.1 200 \xe5\xa5\xbd\r\n\r\n").reason == "\xe5\xa5\xbd");
}

TEST_CASE("an HTTP/1.0 request needs no Host")
{
    CHECK(read_request("GET / HTTP/1.0\r\n\r\n").minor_version == 0);
}

TEST_CASE("nothing after the head is touched")
{
    head_parser<request_head> parser(1024, 8);
    request_head head;
    CHECK(parser.parse("GET / HTTP/1.0\r\n\r\nGET", head).value() == 18);
    CHECK(parser.parse("GET", head).value() == 0);
}

TEST_CASE("an unfinished line is left for the next call")
{
    head_parser<request_head> parser(1024, 8);
    request_head head;
    CHECK_FALSE(parser.started());
    CHECK(parser.parse("GET / HTTP/1.0\r", head).value() == 0);
    CHECK_FALSE(parser.started());
    CHECK(parser.parse("GET / HTTP/1.0\r\nA", head).value() == 16);
    CHECK(parser.started());
    CHECK_FALSE(parser.is_done());
}

TEST_CASE("a bare line feed is refused at every place")
{
    std::string_view const why = "a line feed without a carriage return";
    CHECK(request_refusal("GET / HTTP/1.1\nHost: h\r\n\r\n") == "line 1 of the head: " + std::string(why));
    CHECK(request_refusal("GET / HTTP/1.1\r\nHost: h\n\r\n") == "line 2 of the head: " + std::string(why));
    CHECK(request_refusal("GET / HTTP/1.1\r\nHost: h\r\n\n") == "line 3 of the head: " + std::string(why));
    CHECK(response_refusal("\n") == "line 1 of the head: " + std::string(why));
}

TEST_CASE("a bare carriage return is refused at every place")
{
    CHECK(request_refusal("GET /\r HTTP/1.1\r\nHost: h\r\n\r\n") ==
          "line 1 of the head: a space or a control character in the target");
    CHECK(with("A: b\rc") == "line 3 of the head: a control character in a header value");
    CHECK(with("A: b\r") == "line 3 of the head: a control character in a header value");
    CHECK(with("A\r: b") == "line 3 of the head: a character that no header name may hold");
    CHECK(with("\r") == "line 3 of the head: a character that no header name may hold");
    CHECK(response_refusal("HTTP/1.1 200 O\rK\r\n\r\n") ==
          "line 1 of the head: a control character in the words after the status");
}

TEST_CASE("a folded line is refused")
{
    CHECK(with(" b: c") == "line 3 of the head: it starts with a space; folded lines are refused");
    CHECK(with("\tb: c") == "line 3 of the head: it starts with a space; folded lines are refused");
}

TEST_CASE("a space before the colon is refused")
{
    CHECK(with("Content-Length : 5") == "line 3 of the head: a space inside or after a header name");
    CHECK(with("Content-Length\t: 5") == "line 3 of the head: a space inside or after a header name");
}

TEST_CASE("a header line without name or colon is refused")
{
    CHECK(with(": b") == "line 3 of the head: a header line without a name");
    CHECK(with("abc") == "line 3 of the head: a header line without a colon");
}

TEST_CASE("a header name must be a token")
{
    CHECK(with("a(b: c") == "line 3 of the head: a character that no header name may hold");
    CHECK(with("a\x80: c") == "line 3 of the head: a character that no header name may hold");
    CHECK(with(std::string("a\0: c", 5)) == "line 3 of the head: a character that no header name may hold");
}

TEST_CASE("control characters are refused in a value, NUL too")
{
    CHECK(with(std::string("A: b\0c", 6)) == "line 3 of the head: a control character in a header value");
    CHECK(with("A: \x01") == "line 3 of the head: a control character in a header value");
    CHECK(with("A: \x7f") == "line 3 of the head: a control character in a header value");
}

TEST_CASE("an empty line before the head is refused")
{
    CHECK(request_refusal("\r\nGET / HTTP/1.0\r\n\r\n") == "line 1 of the head: an empty line before the head");
}

TEST_CASE("a request line has exactly two spaces")
{
    std::string_view const shape = "no request line: method, target and version with one space between them";
    CHECK(request_refusal("GET\r\n") == "line 1 of the head: " + std::string(shape));
    CHECK(request_refusal("GET /\r\n") == "line 1 of the head: " + std::string(shape));
    CHECK(request_refusal("GET  / HTTP/1.1\r\n") == "line 1 of the head: a space or a control character in the target");
    CHECK(request_refusal("GET /  HTTP/1.1\r\n") == "line 1 of the head: a space or a control character in the target");
    CHECK(request_refusal("GET /a b HTTP/1.1\r\n") ==
          "line 1 of the head: a space or a control character in the target");
    CHECK(request_refusal("GET / HTTP/1.1 \r\n") ==
          "line 1 of the head: a space or a control character in the target");
    CHECK(request_refusal("GET  HTTP/1.1\r\n") == "line 1 of the head: an empty target");
    CHECK(request_refusal(" GET / HTTP/1.1\r\n") == "line 1 of the head: the method is no token");
}

TEST_CASE("a target holds no control character")
{
    CHECK(request_refusal(std::string_view("GET /\0 HTTP/1.1\r\n", 17)) ==
          "line 1 of the head: a space or a control character in the target");
    CHECK(request_refusal("GET /\t HTTP/1.1\r\n") ==
          "line 1 of the head: a space or a control character in the target");
}

TEST_CASE("a method must be a token")
{
    CHECK(request_refusal("G(T / HTTP/1.1\r\n") == "line 1 of the head: the method is no token");
    CHECK(request_refusal("G\tT / HTTP/1.1\r\n") == "line 1 of the head: the method is no token");
}

TEST_CASE("an unknown method is told apart from a malformed one")
{
    CHECK(refusal<request_head>("PATCH / HTTP/1.1\r\n", errc::not_supported) ==
          "line 1 of the head: a method other than GET, HEAD, PUT, POST, DELETE and OPTIONS");
    CHECK(refusal<request_head>("get / HTTP/1.1\r\n", errc::not_supported) ==
          "line 1 of the head: a method other than GET, HEAD, PUT, POST, DELETE and OPTIONS");
}

TEST_CASE("versions other than 1.0 and 1.1 are refused")
{
    std::string_view const why = "line 1 of the head: a version other than HTTP/1.0 and HTTP/1.1";
    CHECK(request_refusal("GET / HTTP/2.0\r\n") == why);
    CHECK(request_refusal("GET / HTTP/1.2\r\n") == why);
    CHECK(request_refusal("GET / http/1.1\r\n") == why);
    CHECK(request_refusal("GET / HTTP/1.10\r\n") == why);
    CHECK(request_refusal("GET / HTTP/01.1\r\n") == why);
    CHECK(response_refusal("HTTP/2.0 200 OK\r\n") == why);
    CHECK(response_refusal("JTTP/1.1 200 OK\r\n") == why);
}

TEST_CASE("a status line has a status of three digits")
{
    std::string_view const why =
        "line 1 of the head: no status line: version, three digits and words with one space between them";
    CHECK(response_refusal("HTTP/1.1\r\n") == why);
    CHECK(response_refusal("HTTP/1.1 20 OK\r\n") == why);
    CHECK(response_refusal("HTTP/1.1 2000 OK\r\n") == why);
    CHECK(response_refusal("HTTP/1.1 2x0 OK\r\n") == why);
    CHECK(response_refusal("HTTP/1.1  200 OK\r\n") == why);
    CHECK(response_refusal("HTTP/1.1 -20 OK\r\n") == why);
    CHECK(response_refusal("HTTP/1.1 099 OK\r\n") == "line 1 of the head: a status below 100");
}

TEST_CASE("a request of HTTP/1.1 has exactly one Host")
{
    CHECK(request_refusal("GET / HTTP/1.1\r\n\r\n") == "line 2 of the head: the head ends without a Host");
    CHECK(with("HOST: h") == "line 3 of the head: a second Host");
}

TEST_CASE("a second Content-Length is refused, be it equal or not")
{
    CHECK(with("Content-Length: 5\r\ncontent-length: 5") == "line 4 of the head: a second Content-Length");
    CHECK(with("Content-Length: 5\r\nContent-Length: 6") == "line 4 of the head: a second Content-Length");
}

TEST_CASE("a Content-Length is digits that fit 64 bits")
{
    std::string_view const why = "line 3 of the head: a Content-Length that is no number of 64 bits";
    CHECK(with("Content-Length: 5, 5") == why);
    CHECK(with("Content-Length: +5") == why);
    CHECK(with("Content-Length: -5") == why);
    CHECK(with("Content-Length: 0x5") == why);
    CHECK(with("Content-Length: 5 5") == why);
    CHECK(with("Content-Length: 5;") == why);
    CHECK(with("Content-Length:") == why);
    CHECK(with("Content-Length: 18446744073709551616") == why);
    CHECK(with("Content-Length: 18446744073709551615") == "accepted");
}

TEST_CASE("Content-Length and Transfer-Encoding together are refused in either order")
{
    CHECK(with("Content-Length: 5\r\nTransfer-Encoding: chunked") ==
          "line 4 of the head: both Content-Length and Transfer-Encoding");
    CHECK(with("Transfer-Encoding: chunked\r\nContent-Length: 5") ==
          "line 4 of the head: both Transfer-Encoding and Content-Length");
}

TEST_CASE("a Transfer-Encoding is chunked and nothing else")
{
    std::string_view const why = "line 3 of the head: a Transfer-Encoding other than chunked";
    CHECK(with("Transfer-Encoding: Chunked") == "accepted");
    CHECK(with("Transfer-Encoding: identity") == why);
    CHECK(with("Transfer-Encoding: gzip, chunked") == why);
    CHECK(with("Transfer-Encoding: chunked, chunked") == why);
    CHECK(with("Transfer-Encoding: chunked;a=b") == why);
    CHECK(with("Transfer-Encoding: xchunked") == why);
    CHECK(with("Transfer-Encoding: \"chunked\"") == why);
    CHECK(with("Transfer-Encoding: chunked\v") == "line 3 of the head: a control character in a header value");
    CHECK(with("Transfer-Encoding:") == why);
    CHECK(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") ==
          "line 4 of the head: a second Transfer-Encoding");
}

TEST_CASE("HTTP/1.0 knows no Transfer-Encoding")
{
    CHECK(response_refusal("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") ==
          "line 2 of the head: a Transfer-Encoding in an HTTP/1.0 message");
}

TEST_CASE("Connection is a list of tokens")
{
    CHECK(with("Connection: close, , x-hop") == "accepted");
    CHECK(with("Connection: close/1") == "line 3 of the head: a Connection that is no list of tokens");
}

TEST_CASE("a head may have as many bytes as allowed, and not one more")
{
    std::string const start = "GET / HTTP/1.0\r\nA: ";
    std::string const fits = start + std::string(1024 - start.size() - 4, 'v') + "\r\n\r\n";
    CHECK(fits.size() == 1024);
    CHECK(request_refusal(fits) == "accepted");
    CHECK(refusal<request_head>(start + "v" + fits.substr(start.size()), errc::header_too_large) ==
          "more than 1024 bytes of header");
}

TEST_CASE("a line that never ends is refused when the head is too long")
{
    CHECK(request_refusal(std::string(1024, 'a')) == "unfinished");
    CHECK(refusal<request_head>(std::string(1025, 'a'), errc::header_too_large) == "more than 1024 bytes of header");
}

TEST_CASE("a head may have as many lines as allowed, and not one more")
{
    std::string lines = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i != 8; ++i)
        lines += "A: b\r\n";
    CHECK(response_refusal(lines + "\r\n") == "accepted");
    CHECK(refusal<response_head>(lines + "A: b\r\n\r\n", errc::header_too_large) ==
          "line 10 of the head: more header lines than allowed");
}
