#include <ossify/http/serializer.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>

using namespace ossify::http;

namespace {

template<class Head>
std::string written(Head const& head)
{
    std::string out;
    write_head(out, head);
    return out;
}

}  // namespace

TEST_CASE("a request head is sent as RFC 9112 shows it")
{
    request_head head(method::delete_, "/key?versionId=1");
    head.headers.append("Host", "bucket.example.com");
    head.headers.append("Content-Length", "0");
    CHECK(written(head) == "DELETE /key?versionId=1 HTTP/1.1\r\nHost: bucket.example.com\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a head is appended to what is there")
{
    std::string out = "before ";
    write_head(out, request_head(method::get, "/"));
    CHECK(out == "before GET / HTTP/1.1\r\n\r\n");
}

TEST_CASE("a response without words of its own gets the usual ones")
{
    CHECK(written(response_head(404)) == "HTTP/1.1 404 Not Found\r\n\r\n");
    CHECK(written(response_head(299)) == "HTTP/1.1 299 \r\n\r\n");
}

TEST_CASE("a response keeps words of its own")
{
    response_head head(200);
    head.reason = "Fine";
    head.headers.append("ETag", "\"e\"");
    CHECK(written(head) == "HTTP/1.1 200 Fine\r\nETag: \"e\"\r\n\r\n");
}

TEST_CASE("a head of HTTP/1.0 says so")
{
    request_head request(method::get, "/");
    request.minor_version = 0;
    CHECK(written(request) == "GET / HTTP/1.0\r\n\r\n");
    response_head response(200);
    response.minor_version = 0;
    CHECK(written(response) == "HTTP/1.0 200 OK\r\n\r\n");
}

TEST_CASE("a target that would end the request line early is refused")
{
    CHECK_THROWS_AS(written(request_head(method::get, "")), std::invalid_argument);
    CHECK_THROWS_AS(written(request_head(method::get, "/a b")), std::invalid_argument);
    CHECK_THROWS_AS(written(request_head(method::get, "/a\r\nX: y")), std::invalid_argument);
}

TEST_CASE("words that would end the status line early are refused")
{
    response_head head(200);
    head.reason = "OK\r\nX: y";
    CHECK_THROWS_AS(written(head), std::invalid_argument);
}

TEST_CASE("a status of other than three digits is refused")
{
    CHECK_THROWS_AS(written(response_head(99)), std::invalid_argument);
    CHECK_THROWS_AS(written(response_head(1000)), std::invalid_argument);
}

TEST_CASE("a chunked body is written as RFC 9112 shows it")
{
    std::string out;
    write_chunk(out, "Wiki");
    write_chunk(out, "");
    write_chunk(out, std::string(26, 'x'));
    out += last_chunk;
    CHECK(out == "4\r\nWiki\r\n1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
}

TEST_CASE("a chunk may be as long as a 64-bit number says")
{
    std::string out;
    write_chunk_head(out, std::numeric_limits<std::uint64_t>::max());
    CHECK(out == "ffffffffffffffff\r\n");
}
