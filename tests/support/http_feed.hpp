#ifndef OSSIFY_TESTS_SUPPORT_HTTP_FEED_HPP
#define OSSIFY_TESTS_SUPPORT_HTTP_FEED_HPP

#include <ossify/http/parser.hpp>
#include <ossify/http/serializer.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// Brings bytes to a parser in pieces of any size and notes all that comes out.

namespace ossify::test {

struct read_message {
    std::string start;  // request line or status line
    std::string headers;
    std::string body;
    std::optional<std::uint64_t> content_length;
    bool keep_alive = false;
    bool complete = false;

    friend bool operator==(read_message const&, read_message const&) = default;
};

struct read_outcome {
    std::vector<read_message> messages;  // the last one may be incomplete
    std::optional<errc> error;
    std::string why;

    friend bool operator==(read_outcome const&, read_outcome const&) = default;
};

inline std::ostream& operator<<(std::ostream& out, read_outcome const& o)
{
    for (read_message const& m : o.messages)
        out << '{' << m.start << '|' << m.headers << '|' << m.body << '|' << (m.complete ? "complete" : "cut") << '}';
    return out << (o.error ? o.why : "no error");
}

/// The next piece's size, from the number of bytes that remain.
using splitter = std::function<std::size_t(std::size_t remaining)>;

inline std::size_t whole(std::size_t remaining) { return remaining; }
inline std::size_t one_byte(std::size_t) { return 1; }

template<class Parser>
class feeder {
public:
    explicit feeder(Parser& parser) : parser_(parser) {}

    read_outcome operator()(std::string_view bytes, splitter const& split, bool close)
    {
        while (!out_.error) {
            note();
            if (parser_.complete()) {
                if (bytes.empty() && parser_.buffered() == 0)
                    return out_;
                keep(parser_.next());
                noted_ = false;
                continue;
            }
            if (bytes.empty())
                break;
            auto const room = parser_.prepare();
            std::size_t const n = std::min({room.size(), split(bytes.size()), bytes.size()});
            std::memcpy(room.data(), bytes.data(), n);
            bytes.remove_prefix(n);
            keep(parser_.commit(n));
        }
        if (!out_.error && close)
            keep(parser_.commit_eof());
        note();
        return out_;
    }

private:
    void keep(result<void> const& r)
    {
        if (r)
            return;
        out_.error = static_cast<errc>(r.error().code().value());
        out_.why = r.error().message();
    }

    void note()
    {
        if (!parser_.head_complete())
            return;
        if (!noted_) {
            read_message m;
            auto const& head = parser_.head();
            std::string text;
            http::write_head(text, head);
            if constexpr (std::same_as<Parser, http::response_parser>)
                if (head.reason.empty())
                    text.replace(12, text.find('\r') - 12, "");
            m.start = text.substr(0, text.find('\r'));
            m.headers = head.headers.text();
            m.content_length = parser_.content_length();
            out_.messages.push_back(m);
            noted_ = true;
        }
        out_.messages.back().complete = parser_.complete();
        out_.messages.back().keep_alive = parser_.keep_alive();
        out_.messages.back().body += parser_.body();
        parser_.consume_body(parser_.body().size());
    }

    Parser& parser_;
    read_outcome out_;
    bool noted_ = false;
};

/// Reads `bytes` in pieces, then says that the peer closed when `close`.
template<class Parser>
read_outcome feed(Parser& parser, std::string_view bytes, splitter const& split = whole, bool close = false)
{
    return feeder<Parser>(parser)(bytes, split, close);
}

inline read_outcome feed_request(std::string_view bytes, splitter const& split = whole, bool close = false)
{
    http::request_parser parser;
    return feed(parser, bytes, split, close);
}

inline read_outcome feed_response(std::string_view bytes, splitter const& split = whole, bool close = false,
                                  http::method of_request = http::method::get)
{
    http::response_parser parser;
    parser.expect(of_request);
    return feed(parser, bytes, split, close);
}

}  // namespace ossify::test

#endif
