#include <ossify/http/parser.hpp>

#include "http_feed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace ossify;
using namespace ossify::http;
using test::feed;
using test::feed_request;
using test::feed_response;
using test::one_byte;
using test::whole;

namespace {

std::vector<std::string> const requests = {
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "PUT /k?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=\"b\"\r\n\r\n.\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0;last\r\nX-Sum: 1\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n",
};

std::vector<std::string> const responses = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: AliyunOSS\r\n\r\nhello",
    "HTTP/1.0 200\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 203 X\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
};

std::string const until_close = "HTTP/1.1 200 OK\r\nServer: s\r\n\r\nall of it";

std::string text_of(result<void> const& r) { return r ? "fine" : r.error().message(); }

/// Brings bytes without taking the body.
template<class Parser>
result<void> put(Parser& parser, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const room = parser.prepare();
        std::size_t const n = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), n);
        bytes.remove_prefix(n);
        if (auto r = parser.commit(n); !r)
            return r;
        if (parser.complete() && !bytes.empty())
            return failure(errc::bad_answer, "more bytes than the message has");
    }
    return {};
}

}  // namespace

TEST_CASE("a request is read with its body")
{
    auto const out = feed_request(requests[2]);
    REQUIRE(out.messages.size() == 1);
    CHECK(out.messages[0].start == "PUT /k?a=b HTTP/1.1");
    CHECK(out.messages[0].body == "hello");
    CHECK(out.messages[0].content_length == 5);
    CHECK(out.messages[0].complete);
}

TEST_CASE("a chunked request is read with its body and without its trailers")
{
    auto const out = feed_request(requests[4]);
    REQUIRE(out.messages.size() == 1);
    CHECK(out.messages[0].body == "hello\r\n.");
    CHECK_FALSE(out.messages[0].content_length);
    CHECK(out.messages[0].headers == "Host: h\r\nTransfer-Encoding: chunked\r\n");
}

TEST_CASE("a request read in other pieces is the same request")
{
    for (std::string const& bytes : requests) {
        auto const expected = feed_request(bytes);
        CHECK_FALSE(expected.error);
        CHECK(expected.messages.at(0).complete);
        CHECK(feed_request(bytes, one_byte) == expected);
        for (std::size_t first = 1; first < bytes.size(); ++first)
            CHECK(feed_request(bytes, [&](std::size_t left) { return left == bytes.size() ? first : left; }) == expected);
    }
}

TEST_CASE("a response read in other pieces is the same response")
{
    for (std::string const& bytes : responses) {
        auto const expected = feed_response(bytes);
        CHECK_FALSE(expected.error);
        CHECK(expected.messages.at(0).complete);
        CHECK(feed_response(bytes, one_byte) == expected);
        for (std::size_t first = 1; first < bytes.size(); ++first)
            CHECK(feed_response(bytes, [&](std::size_t left) { return left == bytes.size() ? first : left; }) ==
                  expected);
    }
}

TEST_CASE("a message that is cut anywhere is truncated")
{
    for (std::string const& bytes : requests)
        for (std::size_t n = 1; n < bytes.size(); ++n) {
            auto const out = feed_request(std::string_view(bytes).substr(0, n), whole, true);
            CHECK(out.error == errc::truncated);
            CHECK((out.messages.empty() || !out.messages.back().complete));
        }
    for (std::string const& bytes : responses)
        for (std::size_t n = 1; n < bytes.size(); ++n) {
            auto const out = feed_response(std::string_view(bytes).substr(0, n), whole, true);
            CHECK(out.error == errc::truncated);
            CHECK((out.messages.empty() || !out.messages.back().complete));
        }
}

TEST_CASE("a message without length is truncated only inside its head")
{
    std::size_t const head = until_close.find("\r\n\r\n") + 4;
    for (std::size_t n = 1; n < until_close.size(); ++n) {
        auto const out = feed_response(std::string_view(until_close).substr(0, n), one_byte, true);
        CHECK(out.error.has_value() == (n < head));
        if (n < head)
            CHECK(out.error == errc::truncated);
    }
}

TEST_CASE("a truncated message says where it was cut")
{
    CHECK(feed_response("HTTP/1.1 200 OK\r\n", whole, true).why == "the peer closed inside the head");
    CHECK(feed_response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", whole, true).why ==
          "the peer closed after 3 of 9 body bytes");
    CHECK(feed_request("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", whole, true).why ==
          "the peer closed after 3 body bytes, inside a chunked body");
}

TEST_CASE("a peer that closes between messages is no error")
{
    request_parser parser;
    CHECK(parser.commit_eof());
    CHECK_FALSE(parser.started());
    CHECK_FALSE(parser.complete());
    CHECK(put(parser, requests[0]));
    CHECK(parser.commit_eof());
    CHECK(parser.next());
    CHECK(parser.commit_eof());
    CHECK_FALSE(parser.started());
}

TEST_CASE("a peer that closes after an interim answer only is an error")
{
    response_parser parser;
    CHECK(put(parser, "HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(parser.started());
    CHECK(parser.commit_eof().error() == errc::truncated);
}

TEST_CASE("a response without length lasts until the peer closes")
{
    response_parser parser;
    CHECK(put(parser, until_close));
    CHECK(parser.head_complete());
    CHECK_FALSE(parser.complete());
    CHECK_FALSE(parser.keep_alive());
    CHECK(parser.commit_eof());
    CHECK(parser.complete());
    CHECK(parser.body() == "all of it");
}

TEST_CASE("a request without length has no body")
{
    auto const out = feed_request("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(out.messages.size() == 2);
    CHECK(out.messages.back().start == "GET /b HTTP/1.1");
}

TEST_CASE("the answer to HEAD has a length and no body")
{
    auto const out = feed_response("HTTP/1.1 200 OK\r\nContent-Length: 344606\r\n\r\n", whole, false, method::head);
    REQUIRE(out.messages.size() == 1);
    CHECK(out.messages[0].complete);
    CHECK(out.messages[0].content_length == 344606);
    CHECK(out.messages[0].keep_alive);
}

TEST_CASE("the answer to HEAD may be longer than bodies are allowed to be")
{
    parser_limits l;
    l.body_bytes = 5;
    response_parser parser(l);
    parser.expect(method::head);
    CHECK(put(parser, "HTTP/1.1 200 OK\r\nContent-Length: 344606\r\n\r\n"));
    CHECK(parser.complete());
}

TEST_CASE("an expected HEAD counts for one answer, interim ones aside")
{
    response_parser parser;
    parser.expect(method::head);
    CHECK(put(parser, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    CHECK(parser.complete());
    CHECK(parser.next());
    CHECK(put(parser, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    CHECK_FALSE(parser.complete());
}

TEST_CASE("204 and 304 have no body")
{
    for (std::string_view const bytes : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n",
                                         "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"}) {
        auto const out = feed_response(bytes);
        CHECK(out.messages.at(0).complete);
        CHECK(out.messages.at(0).keep_alive);
    }
}

TEST_CASE("a connection is not used again after a 204 that announces a body")
{
    CHECK_FALSE(feed_response("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n").messages.at(0).keep_alive);
    CHECK_FALSE(
        feed_response("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").messages.at(0).keep_alive);
    CHECK(feed_response("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").messages.at(0).keep_alive);
}

TEST_CASE("interim answers are skipped and counted")
{
    response_parser parser;
    CHECK(put(parser, "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"));
    CHECK_FALSE(parser.head_complete());
    CHECK(parser.interim_answers() == 1);
    CHECK(put(parser, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    CHECK(parser.head().status == 200);
    CHECK_FALSE(parser.head().headers.contains("A"));
}

TEST_CASE("endless interim answers are refused")
{
    std::string bytes;
    for (int i = 0; i != 17; ++i)
        bytes += "HTTP/1.1 102 Processing\r\n\r\n";
    CHECK(feed_response(bytes).why == "too many interim answers");
}

TEST_CASE("an interim answer with a body is refused")
{
    CHECK(feed_response("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n").why == "an interim answer with a body");
    CHECK(feed_response("HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n").why ==
          "an interim answer with a body");
}

TEST_CASE("a switch of protocols is refused")
{
    CHECK(feed_response("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n").error == errc::malformed_http);
}

TEST_CASE("HTTP/1.1 keeps the connection unless told otherwise")
{
    CHECK(feed_request("GET / HTTP/1.1\r\nHost: h\r\n\r\n").messages.at(0).keep_alive);
    CHECK_FALSE(feed_request("GET / HTTP/1.1\r\nHost: h\r\nConnection: a, CLOSE\r\n\r\n").messages.at(0).keep_alive);
    CHECK_FALSE(
        feed_request("GET / HTTP/1.1\r\nHost: h\r\nConnection: a\r\nConnection: close\r\n\r\n").messages.at(0).keep_alive);
    CHECK(feed_request("GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n").messages.at(0).keep_alive);
}

TEST_CASE("HTTP/1.0 closes the connection unless told otherwise")
{
    CHECK_FALSE(feed_request("GET / HTTP/1.0\r\n\r\n").messages.at(0).keep_alive);
    CHECK(feed_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").messages.at(0).keep_alive);
    CHECK_FALSE(feed_request("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").messages.at(0).keep_alive);
}

TEST_CASE("pipelined messages are read one after another")
{
    std::string all;
    for (std::string const& bytes : requests)
        all += bytes;
    auto const together = feed_request(all);
    CHECK(together.messages.size() == requests.size());
    CHECK(feed_request(all, one_byte) == together);
    for (std::size_t i = 0; i != requests.size(); ++i)
        CHECK(together.messages.at(i) == feed_request(requests[i]).messages.at(0));
}

TEST_CASE("bytes after a message are kept for the next one")
{
    request_parser parser;
    CHECK(put(parser, requests[0] + "GE"));
    CHECK(parser.complete());
    CHECK(parser.buffered() == 2);
    CHECK(parser.prepare().empty());
    CHECK(parser.next());
    CHECK(parser.started());
    CHECK(parser.buffered() == 0);
    CHECK(put(parser, "T /b HTTP/1.1\r\nHost: h\r\n\r\n"));
    CHECK(parser.head().target == "/b");
}

TEST_CASE("next reads a message that is already there")
{
    request_parser parser;
    CHECK(put(parser, requests[0] + requests[2]));
    CHECK(parser.next());
    CHECK(parser.complete());
    CHECK(parser.body() == "hello");
}

TEST_CASE("next tells of an error in bytes already there")
{
    request_parser parser;
    CHECK(put(parser, requests[0] + "bad\r\n"));
    CHECK(parser.next().error() == errc::malformed_http);
    CHECK(parser.commit(0).error() == errc::malformed_http);
}

TEST_CASE("next before the end of a message is a mistake of the caller")
{
    request_parser parser;
    CHECK_THROWS_AS(parser.next(), std::logic_error);
}

TEST_CASE("more bytes than prepared are a mistake of the caller")
{
    request_parser parser;
    std::size_t const room = parser.prepare().size();
    CHECK_THROWS_AS(parser.commit(room + 1), std::logic_error);
}

TEST_CASE("an error is final")
{
    request_parser parser;
    CHECK_FALSE(put(parser, "GET\r\n"));
    CHECK(parser.prepare().empty());
    CHECK(parser.commit(0).error() == errc::malformed_http);
    CHECK(parser.commit_eof().error() == errc::malformed_http);
    CHECK_FALSE(parser.keep_alive());
    CHECK_FALSE(parser.complete());
}

TEST_CASE("reset makes a parser ready for another connection")
{
    response_parser parser;
    parser.expect(method::head);
    CHECK_FALSE(put(parser, "HTTP/1.1 100 Continue\r\n\r\nbad\r\n"));
    parser.reset();
    CHECK_FALSE(parser.started());
    CHECK(put(parser, responses[0]));
    CHECK(parser.body() == "hello");
}

TEST_CASE("a body that is too long is refused when its head is read, and the head can be seen")
{
    parser_limits l;
    l.body_bytes = 4;
    request_parser parser(l);
    CHECK(text_of(put(parser, "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")) ==
          "more than 4 bytes of body");
    CHECK(parser.head_complete());
    CHECK(parser.head().target == "/k");
    CHECK_FALSE(parser.complete());
    CHECK_FALSE(parser.keep_alive());
}

TEST_CASE("a body that turns out too long is refused then")
{
    parser_limits l;
    l.body_bytes = 4;
    request_parser chunked(l);
    CHECK(put(chunked, "PUT /k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\n").error() ==
          errc::body_too_large);
    response_parser closing(l);
    CHECK(put(closing, "HTTP/1.1 200 OK\r\n\r\nabcd"));
    CHECK(put(closing, "e").error() == errc::body_too_large);
}

TEST_CASE("limits of the head are those configured")
{
    parser_limits l;
    l.header_bytes = 30;
    request_parser bytes(l);
    CHECK(put(bytes, requests[2]).error() == errc::header_too_large);
    l = {};
    l.header_count = 2;
    request_parser lines(l);
    CHECK(put(lines, requests[2]).error() == errc::header_too_large);
}

TEST_CASE("a head is bounded at 64 KiB and 128 lines by default")
{
    std::string lines = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i != 128; ++i)
        lines += "A: b\r\n";
    CHECK_FALSE(feed_response(lines + "\r\n").error);
    CHECK(feed_response(lines + "A: b\r\n").error == errc::header_too_large);
    CHECK(feed_response("HTTP/1.1 200 OK\r\nA: " + std::string(65536, 'a')).error == errc::header_too_large);
    CHECK_FALSE(feed_response("HTTP/1.1 200 OK\r\nA: " + std::string(65000, 'a') + "\r\n\r\n").error);
}

TEST_CASE("a body left in the parser is whole in the end")
{
    std::string const body(300'000, 'b');
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at != body.size(); at += 1000)
        write_chunk(bytes, std::string_view(body).substr(at, 1000));
    bytes += last_chunk;
    response_parser parser;
    CHECK(put(parser, bytes));
    CHECK(parser.complete());
    CHECK((parser.body() == body));
}

TEST_CASE("a body consumed in other pieces than received is the same body")
{
    std::string body;
    for (std::size_t i = 0; body.size() < 200'000; ++i)
        body += std::to_string(i);
    std::string bytes = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 777)
        write_chunk(bytes, std::string_view(body).substr(at, 777));
    bytes += last_chunk;
    request_parser parser;
    std::string out;
    std::string_view rest = bytes;
    while (!parser.complete() || !parser.body().empty()) {
        if (!parser.complete()) {
            auto const room = parser.prepare();
            std::size_t const n = std::min({room.size(), rest.size(), std::size_t{5000}});
            std::memcpy(room.data(), rest.data(), n);
            rest.remove_prefix(n);
            REQUIRE(parser.commit(n));
        }
        std::size_t const some = std::min<std::size_t>(parser.body().size(), 4000);
        out += parser.body().substr(0, some);
        parser.consume_body(some);
    }
    CHECK((out == body));
}

TEST_CASE("a body that is consumed as it arrives needs a bounded buffer")
{
    request_parser parser;
    CHECK(put(parser, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n"));
    std::size_t largest = 0;
    std::size_t reads = 0;
    for (; !parser.complete(); ++reads) {
        auto const room = parser.prepare();
        largest = std::max(largest, room.size());
        REQUIRE(parser.commit(std::min<std::size_t>(room.size(), 50'000)));
        parser.consume_body(parser.body().size());
    }
    CHECK(largest <= 128 * 1024);
    CHECK(reads <= 300);
}

TEST_CASE("a body that waits in the parser is moved seldom, however much of it waits")
{
    constexpr std::size_t step = 16 * 1024;
    for (std::size_t backlog = 16 * step; backlog != 40 * step; backlog += step) {
        request_parser parser;
        CHECK(put(parser, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n"));
        std::size_t received = 0;
        std::size_t moved = 0;
        while (received < 4'000'000) {
            char const* const before = parser.body().data();
            std::size_t const n = std::min(parser.prepare().size(), step);
            moved += parser.body().data() == before ? 0 : parser.body().size();
            REQUIRE(parser.commit(n));
            received += n;
            if (parser.body().size() > backlog)
                parser.consume_body(parser.body().size() - backlog);
        }
        CHECK(moved <= 2 * received);
    }
}

TEST_CASE("the size of a read is configured")
{
    parser_limits l;
    l.read_bytes = 1024;
    request_parser small(l);
    CHECK(put(small, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n"));
    CHECK(small.prepare().size() <= 2048);
    l.read_bytes = 1 << 20;
    request_parser large(l);
    CHECK(large.prepare().size() < 64 * 1024);
    CHECK(put(large, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n"));
    CHECK(large.prepare().size() >= 1 << 20);
}

TEST_CASE("prepare always offers room for an unfinished message")
{
    parser_limits l;
    l.read_bytes = 0;
    request_parser parser(l);
    std::string_view bytes = requests[4];
    while (!parser.complete()) {
        auto const room = parser.prepare();
        REQUIRE_FALSE(room.empty());
        room[0] = static_cast<std::byte>(bytes.front());
        bytes.remove_prefix(1);
        REQUIRE(parser.commit(1));
    }
    CHECK(parser.body() == "hello\r\n.");
}

TEST_CASE("a body of known length can be read past the parser")
{
    request_parser parser;
    CHECK(put(parser, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc"));
    CHECK(parser.direct_body_remaining() == 0);
    parser.consume_body(3);
    CHECK(parser.direct_body_remaining() == 97);
    parser.commit_direct(90);
    CHECK(parser.direct_body_remaining() == 7);
    CHECK_FALSE(parser.complete());
    CHECK(put(parser, "d"));
    parser.consume_body(1);
    parser.commit_direct(6);
    CHECK(parser.complete());
    CHECK(parser.direct_body_remaining() == 0);
    CHECK(parser.next());
    CHECK(put(parser, requests[2]));
    CHECK(parser.body() == "hello");
}

TEST_CASE("other bodies cannot be read past the parser")
{
    request_parser chunked;
    CHECK(put(chunked, "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"));
    CHECK(chunked.direct_body_remaining() == 0);
    response_parser closing;
    CHECK(put(closing, "HTTP/1.1 200 OK\r\n\r\n"));
    CHECK(closing.direct_body_remaining() == 0);
}

TEST_CASE("a parser used again needs no new memory for heads")
{
    request_parser parser;
    CHECK(put(parser, requests[2]));
    char const* const before = parser.head().headers.text().data();
    CHECK(parser.next());
    CHECK(put(parser, requests[2]));
    CHECK(parser.head().headers.text().data() == before);
}

TEST_CASE("what the serialiser writes is what the parser reads")
{
    request_head head(method::post, "/a?b=c");
    head.headers.append("Host", "h");
    head.headers.append("Content-Length", "2");
    head.headers.append("x-oss-meta-a", "\xe4\xbd\xa0 b\tc");
    std::string bytes;
    write_head(bytes, head);
    request_parser parser;
    CHECK(put(parser, bytes + "{}"));
    CHECK(parser.head() == head);
    CHECK(parser.body() == "{}");
}
