#ifndef OSSIFY_HTTP_BODY_DECODER_HPP
#define OSSIFY_HTTP_BODY_DECODER_HPP

#include <ossify/core/result.hpp>
#include <ossify/http/head_parser.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ossify::http {

/// How the end of a body is found.
enum class body_kind {
    none,         ///< there is no body
    length,       ///< after a known number of bytes
    chunked,      ///< after the last chunk and its trailers
    until_close,  ///< where the peer closes
};

/// Tells body bytes from what delimits them, as they arrive. It holds no body bytes. Used by `basic_parser`.
/// Trailers are checked and dropped. Thread safety: not thread-safe. Source: RFC 9112 sections 6 and 7.
class body_decoder {
public:
    /// The front of the input: `framing` bytes of delimiters, then `data` bytes of body.
    struct piece {
        std::size_t framing = 0;
        std::size_t data = 0;
    };

    body_decoder() = default;

    /// Begins a body. A body of more than `max_bytes` bytes is refused, `max_trailer_bytes` and `max_trailers` bound
    /// the trailers. `length` counts for `body_kind::length` only.
    /// Errors: `body_too_large` when the length says so.
    result<void> start(body_kind kind, std::uint64_t length, std::uint64_t max_bytes, std::size_t max_trailer_bytes,
                       std::size_t max_trailers);

    /// Looks at the front of `bytes` and counts it as read; the next call gets the bytes after that.
    /// Returns: the piece; an empty one when more bytes are needed or the body is done.
    /// Errors: `malformed_http`, `body_too_large`, `header_too_large` (trailers).
    result<piece> next(std::string_view bytes);

    /// The peer closed: ends a body that lasts until then.
    /// Errors: `truncated` for any other unfinished body.
    result<void> finish();

    bool is_done() const noexcept { return stage_ == stage::done; }
    body_kind kind() const noexcept { return kind_; }

    /// Body bytes to come, when the length is known; else 0.
    std::uint64_t remaining() const noexcept { return kind_ == body_kind::length ? left_ : 0; }

    /// Counts `n` body bytes as read that never came through here. Precondition: n <= remaining().
    void skip(std::uint64_t n) noexcept
    {
        left_ -= n;
        read_ += n;
        if (left_ == 0)
            stage_ = stage::done;
    }

private:
    enum class stage { size_line, data, data_end, trailers, done };

    // A chunk's extensions mean nothing to us, and their bytes are not counted as body: they get a bound of their own.
    static constexpr std::size_t max_size_line = 4096;
    static constexpr std::uint64_t spare_extension_bytes = 16 * 1024;

    result<piece> next_chunked(std::string_view bytes);
    result<std::optional<std::string_view>> take_line(std::string_view bytes, std::size_t& used, std::size_t max_bytes);
    result<void> read_size_line(std::string_view line);
    result<void> read_trailer(std::string_view line);

    failure malformed(std::string_view text) const
    {
        return {errc::malformed_http, "chunk " + std::to_string(chunks_ + 1) + " of the body: " + std::string(text)};
    }
    failure too_large() const
    {
        return {errc::body_too_large, "more than " + std::to_string(max_bytes_) + " bytes of body"};
    }

    body_kind kind_ = body_kind::none;
    stage stage_ = stage::done;
    std::uint64_t left_ = 0;       // bytes to come, of the chunk or of the body
    std::uint64_t read_ = 0;       // body bytes so far
    std::uint64_t max_bytes_ = 0;  // of the body
    std::uint64_t chunks_ = 0;     // whole chunks so far
    std::uint64_t extension_bytes_ = 0;
    std::size_t trailer_bytes_left_ = 0;
    std::size_t trailers_left_ = 0;
    bool carriage_return_ = false;  // the first byte of a chunk's end was seen
    std::string partial_;           // the unfinished line of a chunk head or trailer
};

inline result<void> body_decoder::start(body_kind kind, std::uint64_t length, std::uint64_t max_bytes,
                                        std::size_t max_trailer_bytes, std::size_t max_trailers)
{
    kind_ = kind;
    stage_ = kind == body_kind::none || (kind == body_kind::length && length == 0) ? stage::done
             : kind == body_kind::chunked                                          ? stage::size_line
                                                                                   : stage::data;
    left_ = kind == body_kind::length ? length : 0;
    max_bytes_ = max_bytes;
    read_ = chunks_ = extension_bytes_ = 0;
    trailer_bytes_left_ = max_trailer_bytes;
    trailers_left_ = max_trailers;
    carriage_return_ = false;
    partial_.clear();
    if (left_ > max_bytes_)
        return too_large();
    return {};
}

inline result<body_decoder::piece> body_decoder::next(std::string_view bytes)
{
    if (stage_ == stage::done)
        return piece();
    piece out;
    switch (kind_) {
    case body_kind::none: break;
    case body_kind::length:
        out.data = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
        skip(out.data);
        break;
    case body_kind::until_close:
        if (bytes.size() > max_bytes_ - read_)
            return too_large();
        out.data = bytes.size();
        read_ += out.data;
        break;
    case body_kind::chunked: return next_chunked(bytes);
    }
    return out;
}

inline result<void> body_decoder::finish()
{
    if (kind_ == body_kind::until_close)
        stage_ = stage::done;
    if (stage_ == stage::done)
        return {};
    std::string const so_far = "the peer closed after " + std::to_string(read_);
    if (kind_ == body_kind::length)
        return failure(errc::truncated, so_far + " of " + std::to_string(read_ + left_) + " body bytes");
    return failure(errc::truncated, so_far + " body bytes, inside a chunked body");
}

inline result<body_decoder::piece> body_decoder::next_chunked(std::string_view bytes)
{
    piece out;
    while (stage_ != stage::done) {
        if (stage_ == stage::data) {
            out.data = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size() - out.framing, left_));
            left_ -= out.data;
            read_ += out.data;
            if (left_ == 0)
                stage_ = stage::data_end;
            return out;
        }
        if (stage_ == stage::data_end) {
            if (out.framing == bytes.size())
                return out;
            if (bytes[out.framing] != (carriage_return_ ? '\n' : '\r'))
                return malformed("its bytes are not followed by CR LF");
            ++out.framing;
            if (carriage_return_) {
                ++chunks_;
                stage_ = stage::size_line;
            }
            carriage_return_ = !carriage_return_;
            continue;
        }
        bool const trailer = stage_ == stage::trailers;
        auto const line = take_line(bytes, out.framing, trailer ? trailer_bytes_left_ : max_size_line);
        if (!line)
            return line.error();
        if (!*line)
            return out;
        if (auto const read = trailer ? read_trailer(**line) : read_size_line(**line); !read)
            return read.error();
        partial_.clear();
    }
    return out;
}

/// Takes a line off the front of the bytes. Returns: the line without its end; nothing when it is not whole yet, then
/// what there is of it is kept.
inline result<std::optional<std::string_view>> body_decoder::take_line(std::string_view bytes, std::size_t& used,
                                                                       std::size_t max_bytes)
{
    std::size_t const feed = bytes.find('\n', used);
    bool const whole = feed != std::string_view::npos;
    std::string_view line = bytes.substr(used, whole ? feed + 1 - used : feed);
    if (line.size() > max_bytes - partial_.size()) {
        if (stage_ == stage::trailers)
            return failure(errc::header_too_large, "the trailers of the body are longer than allowed");
        return malformed("its size line is longer than " + std::to_string(max_size_line) + " bytes");
    }
    used += line.size();
    if (!whole || !partial_.empty())
        line = partial_.append(line);
    if (!whole)
        return std::nullopt;
    if (line.size() < 2 || line[line.size() - 2] != '\r')
        return malformed("a line feed without a carriage return");
    return line.substr(0, line.size() - 2);
}

namespace detail {

/// True when `text` is *( ";" name [ "=" value ] ), RFC 9112 section 7.1.1, without its bad white space.
constexpr bool are_chunk_extensions(std::string_view text) noexcept
{
    auto const take_token = [&] {
        std::size_t n = 0;
        while (n != text.size() && is_token_character(text[n]))
            ++n;
        text.remove_prefix(n);
        return n != 0;
    };
    auto const take_quoted = [&] {
        std::size_t n = 1;
        for (; n < text.size() && text[n] != '"'; ++n) {
            if (text[n] == '\\' && ++n == text.size())
                return false;
            if (!is_value_character(text[n]))
                return false;
        }
        if (n >= text.size())
            return false;
        text.remove_prefix(n + 1);
        return true;
    };
    while (!text.empty()) {
        if (text.front() != ';')
            return false;
        text.remove_prefix(1);
        if (!take_token())
            return false;
        if (text.empty() || text.front() != '=')
            continue;
        text.remove_prefix(1);
        if (!(!text.empty() && text.front() == '"' ? take_quoted() : take_token()))
            return false;
    }
    return true;
}

}  // namespace detail

inline result<void> body_decoder::read_size_line(std::string_view line)
{
    std::uint64_t size = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    std::size_t const digits = static_cast<std::size_t>(end - line.data());
    // For an unsigned number from_chars takes neither sign nor prefix.
    if (error == std::errc::invalid_argument)
        return malformed("its size is no hexadecimal number");
    if (error != std::errc() || digits > 16)
        return malformed("its size does not fit 64 bits");
    std::string_view const extensions = line.substr(digits);
    if (!detail::are_chunk_extensions(extensions))
        return malformed("its size is followed by something other than extensions");
    extension_bytes_ += extensions.size();
    if (extension_bytes_ > spare_extension_bytes && extension_bytes_ - spare_extension_bytes > read_)
        return malformed("more bytes of extensions than of body");
    if (size == 0) {
        stage_ = stage::trailers;
        return {};
    }
    if (size > max_bytes_ - read_)
        return too_large();
    left_ = size;
    stage_ = stage::data;
    return {};
}

inline result<void> body_decoder::read_trailer(std::string_view line)
{
    if (line.empty()) {
        stage_ = stage::done;
        return {};
    }
    trailer_bytes_left_ -= line.size() + 2;
    if (trailers_left_-- == 0)
        return failure(errc::header_too_large, "more trailers after the body than allowed");
    field f;
    if (auto const found = detail::read_field(line, f); found.text)
        return failure(found.code, std::string("a trailer of the body: ") + found.text);
    // RFC 9110 section 6.5.1: these belong before the body. Someone who reads them here would see another message.
    for (std::string_view const forbidden : {"Content-Length", "Transfer-Encoding", "Host", "Connection"})
        if (iequals(f.name, forbidden))
            return failure(errc::malformed_http, "a trailer of the body must not be " + std::string(forbidden));
    return {};
}

}  // namespace ossify::http

#endif
