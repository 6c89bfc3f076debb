#ifndef OSSIFY_TESTS_SUPPORT_HTTP_GENERATE_HPP
#define OSSIFY_TESTS_SUPPORT_HTTP_GENERATE_HPP

#include <ossify/http/serializer.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

// HTTP messages from a seed: valid ones, and ones changed in the ways that tell parsers apart.

namespace ossify::test {

class http_generator {
public:
    explicit http_generator(std::uint64_t seed) : engine_(seed) {}

    /// A number in [0, n), the same on every platform.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }

    std::string request()
    {
        bool const old = below(8) == 0;
        std::string out(pick({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}));
        out += " " + target() + (old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
        return out + "Host: bucket.example.com\r\n" + lines() + body(old, false);
    }

    std::string response()
    {
        bool const old = below(8) == 0;
        std::string out;
        while (below(6) == 0)
            out += "HTTP/1.1 100 Continue\r\n" + (below(2) ? lines() : "") + "\r\n";
        out += old ? "HTTP/1.0 " : "HTTP/1.1 ";
        out += pick({"200 OK", "200 ", "203 Callback failed", "204 No Content", "206 Partial Content", "304 Not Modified",
                     "400 Bad Request", "403 Forbidden", "404 Not Found", "500 \xe5\x86\x85", "999 Other"});
        return out + "\r\n" + lines() + body(old, true);
    }

    /// `message` with one to three changes, most of which make it malformed or ambiguous.
    std::string mutate(std::string message)
    {
        for (std::size_t n = 1 + below(3); n != 0; --n)
            mutate_once(message);
        return message;
    }

private:
    std::string_view pick(std::initializer_list<std::string_view> list) { return list.begin()[below(list.size())]; }

    std::string target()
    {
        std::string out = "/";
        for (std::size_t n = below(20); n != 0; --n)
            out += pick({"a", "key", "%20", "/", "?", "&", "=", "\xe4", "+", "~", "%2F", "#"});
        return out;
    }

    std::string lines()
    {
        std::string out;
        for (std::size_t n = below(6); n != 0; --n) {
            out += pick({"Server", "Date", "x-oss-meta-a", "ETAG", "x-oss-request-id", "Content-Type", "Vary", "a", "!#$%&'*+"});
            out += pick({":", ": ", ":\t", ":   "});
            out += pick({"", "v", "Fri, 24 Feb 2012 06:38:30 GMT", "\"5B3C1A2E\"", "a  b", "\xff\x80", "tab\tinside", ":", "{}"});
            out += pick({"", "", "", " ", "\t \t"});
            out += "\r\n";
        }
        if (below(4) == 0)
            out += "Connection: " +
                   std::string(pick({"close", "keep-alive", "Close", "x, close", "close,keep-alive", "", "a,,b"})) + "\r\n";
        return out;
    }

    std::string bytes(std::size_t most)
    {
        std::string out(below(most + 1), '\0');
        for (char& c : out)
            c = below(4) == 0 ? pick({"\r", "\n", "0", ":", " "})[0] : static_cast<char>(below(256));
        return out;
    }

    std::string body(bool old, bool response)
    {
        std::size_t const kind = below(4);
        if (kind == 0)
            return response ? "\r\n" + bytes(40) : "\r\n";
        if (kind == 1 || old) {
            std::string const b = bytes(40);
            return "Content-Length: " + std::string(below(8) ? "" : "00") + std::to_string(b.size()) + "\r\n\r\n" + b;
        }
        std::string out = "Transfer-Encoding: " + std::string(pick({"chunked", "Chunked"})) + "\r\n\r\n";
        for (std::size_t n = below(5); n != 0; --n) {
            std::string const b = bytes(20);
            if (b.empty())
                continue;
            std::string size;
            http::write_chunk_head(size, b.size());
            size.insert(size.size() - 2, pick({"", "", "", ";a", ";a=b", ";a=\"b;\\\"c\";d"}));
            out += std::string(pick({"", "", "", "0", "000"})) + size + b + "\r\n";
        }
        out += std::string(pick({"0", "0", "00", "0;last"})) + "\r\n";
        while (below(4) == 0)
            out += std::string(pick({"x-sum: 1", "A:b", "Expires:  never "})) + "\r\n";
        return out + "\r\n";
    }

    void mutate_once(std::string& m)
    {
        std::size_t const at = below(m.size() + 1);
        switch (below(8)) {
        case 0: m.insert(at, pick({"\r", "\n", "\r\n", " ", "\t", ":", ";", ",", "\"", "\0x", "\x7f", "\x80", "0", "f", "-"})); break;
        case 1: m.erase(at, 1 + below(3)); break;
        case 2:
            if (at != m.size())
                m[at] = static_cast<char>(below(256));
            break;
        case 3: m.insert(start_of_line(m, at), pick({
                    "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n",
                    "Content-Length : 5\r\n", "Content-Length: 18446744073709551616\r\n", "Content-Length:\r\n",
                    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
                    "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, chunked\r\n",
                    "Transfer-Encoding: chunked;q=1\r\n", "Transfer-Encoding:\vchunked\r\n",
                    "Host: other\r\n", "Connection: close\r\n", "Connection: a/b\r\n", " folded\r\n", "no colon\r\n",
                    ": no name\r\n", "\r\n", "0\r\n\r\n", "x-oss-meta-b: c\n", "Upgrade: h2c\r\n"})); break;
        case 4: {  // a line comes twice
            std::size_t const from = start_of_line(m, at);
            std::string const line = m.substr(from, m.find('\n', from) + 1 - from);
            m.insert(from, line);
            break;
        }
        case 5: {  // a line end loses or changes a byte
            std::size_t const end = m.find("\r\n", at);
            if (end != std::string::npos)
                m.replace(end, 2, pick({"\n", "\r", "\r\r\n", "\n\r", "\r\n ", " \r\n", "\r\n\t"}));
            break;
        }
        case 6: m.resize(at); break;
        default: {  // something known is replaced by something similar
            struct pair { std::string_view from, to; };
            static constexpr pair pairs[] = {
                {"HTTP/1.1", "HTTP/1.2"}, {"HTTP/1.1", "HTTP/1.0"}, {"HTTP/1.1", "http/1.1"}, {"HTTP/1.1", "HTTP/2.0"},
                {"200 OK", "200"}, {"200 ", "101 "}, {"200 ", "100 "}, {"200 ", "099 "}, {"200 ", "2000 "}, {"GET", "PATCH"},
                {"Host", "Hots"}, {": ", " : "}, {";a", " ;a"}, {";a", "; a"}, {";a=b", ";a = b"}, {"chunked", "chunked "},
                {"Content-Length: ", "Content-Length: 1"}, {"Content-Length: ", "content-length: -"},
                {"Content-Length: ", "Content-Length: 0x"}, {"\r\n0\r\n", "\r\n-0\r\n"}, {"\r\n0\r\n", "\r\n0 \r\n"},
                {"\r\n0\r\n", "\r\n0x0\r\n"}, {"\r\n0\r\n", "\r\n00000000000000000000\r\n"},
                {"\r\n0\r\n", "\r\nfffffffffffffffff\r\n"}, {"x-sum", "Content-Length"}, {"A:b", "Connection: close"}};
            pair const& p = pairs[below(sizeof pairs / sizeof pairs[0])];
            if (auto const found = m.find(p.from); found != std::string::npos)
                m.replace(found, p.from.size(), p.to);
        }
        }
    }

    static std::size_t start_of_line(std::string const& m, std::size_t at)
    {
        std::size_t const feed = at == 0 ? std::string::npos : m.rfind('\n', at - 1);
        return feed == std::string::npos ? 0 : feed + 1;
    }

    std::mt19937_64 engine_;
};

}  // namespace ossify::test

#endif
