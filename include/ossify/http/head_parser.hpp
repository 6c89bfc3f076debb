#ifndef OSSIFY_HTTP_HEAD_PARSER_HPP
#define OSSIFY_HTTP_HEAD_PARSER_HPP

#include <ossify/core/result.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ossify::http {

/// What the header lines say about the body's length and the connection.
struct framing {
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool close = false;       ///< `Connection: close`
    bool keep_alive = false;  ///< `Connection: keep-alive`
    bool host = false;        ///< a Host line was there
};

namespace detail {

/// What is wrong with a line; no text means nothing is.
struct fault {
    char const* text = nullptr;
    errc code = errc::malformed_http;
};

/// Reads `Name: value`, without its line end, into `out`.
inline fault read_field(std::string_view line, field& out)
{
    if (line.front() == ' ' || line.front() == '\t')
        return {"it starts with a space; folded lines are refused"};
    std::size_t colon = 0;
    while (colon != line.size() && is_token_character(line[colon]))
        ++colon;
    if (colon == line.size())
        return {"a header line without a colon"};
    if (line[colon] == ' ' || line[colon] == '\t')
        return {"a space inside or after a header name"};
    if (line[colon] != ':')
        return {"a character that no header name may hold"};
    if (colon == 0)
        return {"a header line without a name"};
    out.name = std::string_view(line.data(), colon);
    line.remove_prefix(colon + 1);
    out.value = trim(line);
    if (!is_valid_value(out.value))
        return {"a control character in a header value"};
    return {};
}

/// Takes from a header line what frames the message. `minor_version` is the message's.
/// Source: RFC 9112 section 6; anything that two readers could understand differently is refused.
inline fault read_framing(field const& f, int minor_version, framing& out)
{
    switch (f.name.size()) {
    case 4:
        if (!iequals(f.name, "Host"))
            return {};
        if (out.host)
            return {"a second Host"};
        out.host = true;
        return {};
    case 10: {
        if (!iequals(f.name, "Connection"))
            return {};
        bool tokens = true;
        for_each_element(f.value, [&](std::string_view option) {
            tokens = tokens && is_token(option);
            out.close = out.close || iequals(option, "close");
            out.keep_alive = out.keep_alive || iequals(option, "keep-alive");
        });
        return tokens ? fault() : fault{"a Connection that is no list of tokens"};
    }
    case 14:
        if (!iequals(f.name, "Content-Length"))
            return {};
        if (out.content_length)
            return {"a second Content-Length"};
        if (out.chunked)
            return {"both Transfer-Encoding and Content-Length"};
        out.content_length = parse_decimal(f.value);
        return out.content_length ? fault() : fault{"a Content-Length that is no number of 64 bits"};
    case 17:
        if (!iequals(f.name, "Transfer-Encoding"))
            return {};
        if (out.chunked)
            return {"a second Transfer-Encoding"};
        if (out.content_length)
            return {"both Content-Length and Transfer-Encoding"};
        if (minor_version == 0)
            return {"a Transfer-Encoding in an HTTP/1.0 message"};
        if (!iequals(f.value, "chunked"))
            return {"a Transfer-Encoding other than chunked"};
        out.chunked = true;
        return {};
    default: return {};
    }
}

/// Reads `HTTP/1.0` or `HTTP/1.1`. Returns: false when `text` is neither.
inline bool read_version(std::string_view text, int& minor_version) noexcept
{
    minor_version = text == "HTTP/1.1" ? 1 : 0;
    return minor_version == 1 || text == "HTTP/1.0";
}

inline fault read_start_line(std::string_view line, request_head& head)
{
    std::size_t const first = line.find(' ');
    std::string_view const name = line.substr(0, first);
    if (!is_token(name))
        return {"the method is no token"};
    if (first == std::string_view::npos)
        return {"no request line: method, target and version with one space between them"};
    std::string_view const rest = line.substr(first + 1);
    std::size_t const second = rest.rfind(' ');
    if (second == std::string_view::npos)
        return {"no request line: method, target and version with one space between them"};
    std::string_view const target = rest.substr(0, second);
    if (target.empty())
        return {"an empty target"};
    if (!is_valid_target(target))
        return {"a space or a control character in the target"};
    if (!read_version(rest.substr(second + 1), head.minor_version))
        return {"a version other than HTTP/1.0 and HTTP/1.1"};
    auto const known = parse_method(name);
    if (!known)
        return {"a method other than GET, HEAD, PUT, POST, DELETE and OPTIONS", errc::not_supported};
    head.method = *known;
    head.target = target;
    return {};
}

inline fault read_start_line(std::string_view line, response_head& head)
{
    // Servers without words for a status often leave out the space before them too.
    auto const digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
    if (line.size() < 12 || line[8] != ' ' || !digit(9) || !digit(10) || !digit(11) ||
        (line.size() > 12 && line[12] != ' '))
        return {"no status line: version, three digits and words with one space between them"};
    if (!read_version(line.substr(0, 8), head.minor_version))
        return {"a version other than HTTP/1.0 and HTTP/1.1"};
    if (line[9] == '0')
        return {"a status below 100"};
    std::string_view const reason = line.substr(std::min<std::size_t>(13, line.size()));
    if (!is_valid_value(reason))
        return {"a control character in the words after the status"};
    head.status = static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    head.reason = reason;
    return {};
}

}  // namespace detail

/// Reads the head of a message line by line, as its bytes arrive. It is strict: lines end in CR LF, and whatever two
/// readers could understand differently is refused. Used by `basic_parser`.
/// Thread safety: not thread-safe. Source: RFC 9112 sections 2 to 6.
template<class Head>
class head_parser {
public:
    /// Heads of more than `max_bytes` bytes or `max_lines` header lines are refused.
    head_parser(std::size_t max_bytes, std::size_t max_lines) noexcept : max_bytes_(max_bytes), max_lines_(max_lines) {}

    /// Reads the whole lines at the front of `bytes` into `head`, up to the end of the head. The next call gets the
    /// bytes after these, and more.
    /// Returns: how many bytes these lines are.
    /// Errors: `malformed_http`, `header_too_large`, `not_supported` for an unknown method. The text names the line.
    result<std::size_t> parse(std::string_view bytes, Head& head);

    /// True when the empty line that ends the head was read.
    bool is_done() const noexcept { return done_; }
    /// True when a whole line was read.
    bool started() const noexcept { return line_ != 0; }
    http::framing const& framing() const noexcept { return framing_; }

    void reset() noexcept
    {
        framing_ = {};
        bytes_ = searched_ = line_ = 0;
        done_ = false;
    }

private:
    detail::fault read_line(std::string_view line, Head& head);

    failure too_large() const
    {
        return {errc::header_too_large, "more than " + std::to_string(max_bytes_) + " bytes of header"};
    }

    std::size_t max_bytes_;
    std::size_t max_lines_;
    http::framing framing_;
    std::size_t bytes_ = 0;     // of the lines read so far
    std::size_t searched_ = 0;  // bytes of the unfinished line that hold no line feed
    std::size_t line_ = 0;      // lines read so far
    bool done_ = false;
};

template<class Head>
result<std::size_t> head_parser<Head>::parse(std::string_view bytes, Head& head)
{
    std::size_t used = 0;
    while (!done_ && used != bytes.size()) {
        std::string_view const rest = bytes.substr(used);
        std::size_t const feed = rest.find('\n', searched_);
        std::size_t const size = feed == std::string_view::npos ? rest.size() : feed + 1;
        if (size > max_bytes_ - bytes_)
            return too_large();
        if (feed == std::string_view::npos) {
            searched_ = size;
            break;
        }
        ++line_;
        detail::fault const found = size < 2 || rest[size - 2] != '\r'
                                        ? detail::fault{"a line feed without a carriage return"}
                                        : read_line(rest.substr(0, size - 2), head);
        if (found.text)
            return failure(found.code, "line " + std::to_string(line_) + " of the head: " + found.text);
        used += size;
        bytes_ += size;
        searched_ = 0;
    }
    return used;
}

template<class Head>
detail::fault head_parser<Head>::read_line(std::string_view line, Head& head)
{
    if (line_ == 1)
        return line.empty() ? detail::fault{"an empty line before the head"} : detail::read_start_line(line, head);
    if (line.empty()) {
        // RFC 9112 section 3.2: a server refuses an HTTP/1.1 request without Host.
        if constexpr (std::same_as<Head, request_head>)
            if (!framing_.host && head.minor_version == 1)
                return {"the head ends without a Host"};
        done_ = true;
        return {};
    }
    if (head.headers.size() == max_lines_)
        return {"more header lines than allowed", errc::header_too_large};
    field f;
    if (auto const found = detail::read_field(line, f); found.text)
        return found;
    head.headers.append_valid(f.name, f.value);
    return detail::read_framing(f, head.minor_version, framing_);
}

}  // namespace ossify::http

#endif
