#ifndef OSSIFY_CODEC_PERCENT_HPP
#define OSSIFY_CODEC_PERCENT_HPP

#include <ossify/codec/hex.hpp>
#include <ossify/core/result.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::codec {

namespace detail {

/// True for the bytes that stand for themselves: RFC 3986 section 2.3, "unreserved".
inline constexpr auto unreserved = [] {
    std::array<bool, 256> table{};
    for (char const c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

inline result<std::string> unescape(std::string_view text, bool plus_is_space)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (c == '%') {
            int const high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            int const low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return failure(errc::malformed_form,
                               "an escape at byte " + std::to_string(i) + " without two hexadecimal digits");
            out += static_cast<char>(high << 4 | low);
            i += 2;
        } else {
            out += c == '+' && plus_is_space ? ' ' : c;
        }
    }
    return out;
}

}  // namespace detail

/// Appends `bytes` with everything outside A-Z a-z 0-9 - . _ ~ (and `/` when `keep_slash`) as %XX in upper case.
/// Thread safety: stateless. Source: OSS documentation, URL encoding in signatures.
inline void percent_encode_to(std::string& out, std::string_view bytes, bool keep_slash)
{
    auto const stays = [keep_slash](unsigned char byte) {
        return detail::unreserved[byte] || (keep_slash && byte == '/');
    };
    std::size_t escapes = 0;
    for (char const c : bytes)
        escapes += stays(static_cast<unsigned char>(c)) ? 0 : 1;
    if (escapes == 0) {
        out += bytes;
        return;
    }
    std::size_t const before = out.size();
    out.resize(before + bytes.size() + 2 * escapes);
    char* to = out.data() + before;
    for (char const c : bytes) {
        if (stays(static_cast<unsigned char>(c))) {
            *to++ = c;
        } else {
            *to++ = '%';
            to = detail::write_pair(to, c, detail::upper_pairs);
        }
    }
}

/// `bytes` escaped for a query name or value: `/` is escaped too, a space is %20. Thread safety: stateless.
inline std::string percent_encode(std::string_view bytes)
{
    std::string out;
    percent_encode_to(out, bytes, false);
    return out;
}

/// `bytes` escaped for a path: `/` stays. Thread safety: stateless.
inline std::string percent_encode_path(std::string_view bytes)
{
    std::string out;
    percent_encode_to(out, bytes, true);
    return out;
}

/// Text with its escapes replaced; `+` stays `+`.
/// Errors: `malformed_form` for a `%` without two hexadecimal digits.
/// Thread safety: stateless.
inline result<std::string> percent_decode(std::string_view text) { return detail::unescape(text, false); }

/// Text of a form with its escapes replaced; `+` is a space.
/// Errors: `malformed_form` for a `%` without two hexadecimal digits.
/// Thread safety: stateless.
inline result<std::string> form_decode(std::string_view text) { return detail::unescape(text, true); }

/// Names and values in the order sent; a name may come several times.
using form_fields = std::vector<std::pair<std::string, std::string>>;

/// Takes `a=b&c=d` apart and decodes each name and value once. A name without `=` has an empty value; empty pieces
/// are left out.
/// Errors: `malformed_form` for a `%` without two hexadecimal digits.
/// Thread safety: stateless. Source: WHATWG URL standard, application/x-www-form-urlencoded parsing.
inline result<form_fields> parse_form(std::string_view body)
{
    form_fields fields;
    while (!body.empty()) {
        auto const end = body.find('&');
        std::string_view const piece = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        if (piece.empty())
            continue;
        auto const equals = piece.find('=');
        auto name = form_decode(piece.substr(0, equals));
        if (!name)
            return name.error();
        auto value = form_decode(equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1));
        if (!value)
            return value.error();
        fields.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

}  // namespace ossify::codec

#endif
