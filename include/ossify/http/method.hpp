#ifndef OSSIFY_HTTP_METHOD_HPP
#define OSSIFY_HTTP_METHOD_HPP

#include <optional>
#include <string_view>

namespace ossify::http {

/// The request methods that the service knows.
enum class method { get, head, put, post, delete_, options };

/// The method as it stands on the wire. Thread safety: stateless.
constexpr std::string_view to_string(method m) noexcept
{
    switch (m) {
    case method::get: return "GET";
    case method::head: return "HEAD";
    case method::put: return "PUT";
    case method::post: return "POST";
    case method::delete_: return "DELETE";
    case method::options: return "OPTIONS";
    }
    return "GET";
}

/// Returns: the method that `text` names; nothing when it is another one. Case counts (RFC 9110 section 9.1).
/// Thread safety: stateless.
constexpr std::optional<method> parse_method(std::string_view text) noexcept
{
    for (method const m : {method::put, method::get, method::post, method::head, method::delete_, method::options})
        if (text == to_string(m))
            return m;
    return std::nullopt;
}

}  // namespace ossify::http

#endif
