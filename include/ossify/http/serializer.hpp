#ifndef OSSIFY_HTTP_SERIALIZER_HPP
#define OSSIFY_HTTP_SERIALIZER_HPP

#include <ossify/http/message.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/status.hpp>
#include <ossify/http/syntax.hpp>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ossify::http {

/// Appends the request line, the headers and the empty line that ends the head.
/// Errors: throws std::invalid_argument when the target is empty or holds a space or a control character.
inline void write_head(std::string& out, request_head const& head)
{
    if (!is_valid_target(head.target))
        throw std::invalid_argument("a request target must be percent-encoded and not empty");
    out.reserve(out.size() + head.target.size() + head.headers.text().size() + 32);
    out.append(to_string(head.method)).append(1, ' ').append(head.target);
    out.append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n").append(head.headers.text()).append("\r\n");
}

/// Appends the status line, the headers and the empty line that ends the head. Without words of its own, the status
/// gets the usual ones.
/// Errors: throws std::invalid_argument when the status has not three digits or its words hold a control character.
inline void write_head(std::string& out, response_head const& head)
{
    if (head.status < 100 || head.status > 999)
        throw std::invalid_argument("a status has three digits");
    if (!is_valid_value(head.reason))
        throw std::invalid_argument("the words after a status must hold no control character");
    std::string_view const reason = head.reason.empty() ? reason_phrase(head.status) : head.reason;
    out.reserve(out.size() + reason.size() + head.headers.text().size() + 32);
    char const digits[] = {static_cast<char>('0' + head.status / 100), static_cast<char>('0' + head.status / 10 % 10),
                           static_cast<char>('0' + head.status % 10), ' '};
    out.append(head.minor_version == 0 ? "HTTP/1.0 " : "HTTP/1.1 ").append(digits, sizeof digits).append(reason);
    out.append("\r\n").append(head.headers.text()).append("\r\n");
}

/// What follows the bytes of a chunk.
inline constexpr std::string_view chunk_end = "\r\n";

/// What ends a chunked body, without trailers.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Appends the line that goes before a chunk of `bytes` bytes. Those bytes and `chunk_end` follow it; 0 is no chunk,
/// it would end the body. Source: RFC 9112 section 7.1.
inline void write_chunk_head(std::string& out, std::uint64_t bytes)
{
    char digits[16];
    auto const end = std::to_chars(digits, digits + sizeof digits, bytes, 16).ptr;
    out.append(digits, end).append("\r\n");
}

/// Appends one whole chunk; nothing when there are no bytes.
inline void write_chunk(std::string& out, std::string_view bytes)
{
    if (bytes.empty())
        return;
    write_chunk_head(out, bytes.size());
    out.append(bytes).append(chunk_end);
}

}  // namespace ossify::http

#endif
