#include <ossify/http/parser.hpp>

#include "http_feed.hpp"
#include "http_generate.hpp"

#include <ossify/core/ascii.hpp>

#include <doctest/doctest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Boost.Beast, an independent parser, reads the same bytes. What both accept must agree; what we accept, Beast must
// accept; what Beast accepts and we refuse must be refused for one of the reasons listed below.

using namespace ossify;
namespace beast = boost::beast::http;

namespace {

/// A body for Beast that, unlike its string_body, does not believe a Content-Length before the bytes are there.
struct text_body {
    using value_type = std::string;

    class reader {
    public:
        template<bool IsRequest, class Fields>
        reader(beast::header<IsRequest, Fields>&, value_type& body) : body_(body)
        {
        }
        void init(boost::optional<std::uint64_t> const&, boost::system::error_code& ec) { ec = {}; }
        template<class Buffers>
        std::size_t put(Buffers const& buffers, boost::system::error_code& ec)
        {
            ec = {};
            std::size_t n = 0;
            for (boost::asio::const_buffer const b : boost::beast::buffers_range_ref(buffers)) {
                body_.append(static_cast<char const*>(b.data()), b.size());
                n += b.size();
            }
            return n;
        }
        void finish(boost::system::error_code& ec) { ec = {}; }

    private:
        std::string& body_;
    };
};

struct reading {
    std::string start;
    std::vector<std::pair<std::string, std::string>> lines;  // names in lower case, sorted, equal ones in order
    std::string body;
    bool keep_alive = false;
    std::size_t bytes = 0;  // of the message
};

void sort_lines(reading& r)
{
    for (auto& [name, value] : r.lines)
        name = ascii::lower_case(name);
    std::stable_sort(r.lines.begin(), r.lines.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
}

/// What we read from `bytes` and a close after them; nothing when they are refused or cut, then `why` says why.
template<class Parser>
std::optional<reading> ours(std::string_view bytes, std::string& why)
{
    Parser parser;
    std::size_t used = 0;
    while (!parser.complete() && used != bytes.size()) {
        auto const room = parser.prepare();
        std::size_t const n = std::min(room.size(), bytes.size() - used);
        std::memcpy(room.data(), bytes.data() + used, n);
        used += n;
        if (auto const r = parser.commit(n); !r) {
            why = r.error().message();
            return {};
        }
    }
    if (auto const r = parser.commit_eof(); !r || !parser.complete()) {
        why = r ? "empty" : r.error().message();
        return {};
    }
    reading out;
    auto const& head = parser.head();
    std::string const version = "HTTP/1." + std::to_string(head.minor_version);
    if constexpr (std::same_as<Parser, http::request_parser>)
        out.start = std::string(to_string(head.method)) + " " + head.target + " " + version;
    else
        out.start = version + " " + std::to_string(head.status) + " " +
                    (head.reason.empty() ? std::string(obsolete_reason(beast::int_to_status(head.status))) : head.reason);
    for (http::field const f : head.headers)
        out.lines.emplace_back(f.name, f.value);
    out.body = parser.body();
    out.keep_alive = parser.keep_alive();
    out.bytes = used - parser.buffered();
    sort_lines(out);
    return out;
}

template<bool IsRequest>
std::optional<reading> theirs_once(std::string_view bytes)
{
    beast::parser<IsRequest, text_body> parser;
    parser.header_limit(64 * 1024);
    parser.body_limit(boost::none);
    boost::system::error_code ec;
    reading out;
    bool headed = false;
    while (!parser.is_done() && out.bytes != bytes.size()) {
        std::size_t const n = parser.put(boost::asio::const_buffer(bytes.data() + out.bytes, bytes.size() - out.bytes), ec);
        out.bytes += n;
        if (parser.is_header_done() && !headed) {  // noted before Beast adds the trailers
            headed = true;
            for (auto const& f : parser.get())
                out.lines.emplace_back(f.name_string(), f.value());
        }
        if (ec == beast::error::need_more || (!ec && n == 0 && !parser.is_done())) {
            ec = {};
            if (headed && n != 0)
                continue;
            break;
        }
        if (ec)
            return {};
    }
    if (!parser.got_some())
        return {};
    if (!parser.is_done())
        parser.put_eof(ec);
    if (ec || !parser.is_done())
        return {};
    auto const& message = parser.get();
    std::string const version = "HTTP/" + std::to_string(message.version() / 10) + "." + std::to_string(message.version() % 10);
    if constexpr (IsRequest)
        out.start = std::string(message.method_string()) + " " + std::string(message.target()) + " " + version;
    else
        out.start = version + " " + std::to_string(message.result_int()) + " " + std::string(message.reason());
    out.body = message.body();
    out.keep_alive = parser.keep_alive();
    sort_lines(out);
    return out;
}

/// Beast reads interim answers as answers; they are skipped here as we skip them.
template<bool IsRequest>
std::optional<reading> theirs(std::string_view bytes)
{
    std::size_t before = 0;
    for (;;) {
        auto out = theirs_once<IsRequest>(bytes.substr(before));
        if (!out || IsRequest || out->start.substr(9, 1) != "1" || out->start.substr(9, 3) == "101") {
            if (out)
                out->bytes += before;
            return out;
        }
        before += out->bytes;
    }
}

/// Where Beast 1.81 is laxer than we are: parts of our reasons.
constexpr std::array<std::string_view, 16> beast_is_laxer = {
    "folded lines are refused",                                  // Beast joins them
    "a method other than GET",                                   // Beast knows all tokens
    "the head ends without a Host",                              // Beast leaves it to its user
    "a second Host",                                             // the same
    "a second Content-Length",                                   // Beast takes equal ones
    "a Content-Length that is no number",                        // Beast takes a list of equal numbers
    "a Transfer-Encoding other than chunked",                    // Beast reads a message without length
    "a Transfer-Encoding in an HTTP/1.0 message",                // Beast decodes it
    "its size is followed by something other than extensions",   // Beast allows white space, and controls in quotes
    "its size does not fit 64 bits",                             // Beast allows any number of leading zeros
    "a status below 100",
    "an interim answer with a body",                             // Beast reads over its length
    "the server switches to a protocol",                         // Beast leaves it to its user
    "of the body: a line feed without a carriage return",        // Beast allows one in quotes after a chunk's size
    "a trailer of the body must not be Host",
    "a trailer of the body must not be Connection",
};

/// The one thing that we accept and Beast refuses: a status line that ends right after the status. Beast gets the
/// space that is missing, and we do not mind it.
std::string with_space(std::string bytes)
{
    for (std::size_t at = 0; (at = bytes.find("HTTP/1.", at)) != std::string::npos; at += 7)
        if (bytes.find("\r\n", at) == at + 12 && (at == 0 || bytes[at - 1] == '\n'))
            bytes.insert(at + 12, 1, ' ');
    return bytes;
}

bool is_old(std::string const& start) { return start.find("HTTP/1.0") != std::string::npos; }

struct tally {
    std::size_t both = 0;
    std::size_t neither = 0;
    std::map<std::string_view, std::size_t> laxer;
};

template<class Parser>
void compare(std::string const& bytes, tally& t)
{
    constexpr bool is_request = std::same_as<Parser, http::request_parser>;
    std::string why;
    auto const mine = ours<Parser>(is_request ? bytes : with_space(bytes), why);
    if (!is_request) {
        std::string ignored;
        auto const as_it_is = ours<Parser>(bytes, ignored);
        CHECK(as_it_is.has_value() == mine.has_value());
    }
    auto const other = theirs<is_request>(is_request ? bytes : with_space(bytes));
    CAPTURE(bytes);
    CAPTURE(why);
    if (!mine && !other) {
        ++t.neither;
        return;
    }
    if (mine && other) {
        ++t.both;
        CHECK(mine->start == other->start);
        CHECK((mine->lines == other->lines));
        CHECK((mine->body == other->body));
        CHECK(mine->bytes == other->bytes);
        // We never keep a connection that Beast closes. We close two that Beast keeps: after a 204 that announces a
        // body, and when an HTTP/1.0 peer says both close and keep-alive.
        bool const kept = other->keep_alive && (mine->start.substr(9, 3) == "204" || is_old(mine->start));
        CHECK((mine->keep_alive == other->keep_alive || kept));
        return;
    }
    if (mine) {
        FAIL_CHECK("we accept what Beast refuses");
        return;
    }
    auto const reason = std::find_if(beast_is_laxer.begin(), beast_is_laxer.end(),
                                     [&](std::string_view r) { return why.find(r) != std::string::npos; });
    if (reason == beast_is_laxer.end())
        FAIL_CHECK("Beast accepts what we refuse");
    else
        ++t.laxer[*reason];
}

}  // namespace

TEST_CASE("valid requests read the same with Beast")
{
    test::http_generator generate(1);
    tally t;
    for (int i = 0; i != 5000; ++i)
        compare<http::request_parser>(generate.request(), t);
    CHECK(t.both == 5000);
}

TEST_CASE("valid responses read the same with Beast")
{
    test::http_generator generate(2);
    tally t;
    for (int i = 0; i != 5000; ++i)
        compare<http::response_parser>(generate.response(), t);
    CHECK(t.both == 5000);
}

TEST_CASE("changed messages are accepted no more than Beast accepts them, and then read the same")
{
    test::http_generator generate(3);
    tally t;
    for (int i = 0; i != 30000; ++i) {
        compare<http::request_parser>(generate.mutate(generate.request()), t);
        compare<http::response_parser>(generate.mutate(generate.response()), t);
    }
    CHECK(t.both > 10000);
    CHECK(t.neither > 10000);
    for (std::string_view const reason : beast_is_laxer)
        CHECK_MESSAGE(t.laxer.contains(reason), "never seen: ", reason);
}
