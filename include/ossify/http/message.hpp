#ifndef OSSIFY_HTTP_MESSAGE_HPP
#define OSSIFY_HTTP_MESSAGE_HPP

#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/syntax.hpp>

#include <string>
#include <utility>

namespace ossify::http {

/// Everything of a request before its body. Thread safety: not thread-safe.
class request_head {
public:
    request_head() = default;
    request_head(http::method request_method, std::string request_target)
        : method(request_method), target(std::move(request_target))
    {
    }

    http::method method = http::method::get;
    std::string target;     ///< as on the wire, percent-encoded: "/key?query"
    fields headers;
    int minor_version = 1;  ///< HTTP/1.0 or HTTP/1.1

    /// Empties it for the next message and keeps its memory.
    void clear() noexcept
    {
        method = http::method::get;
        target.clear();
        headers.clear();
        minor_version = 1;
    }

    friend bool operator==(request_head const&, request_head const&) = default;
};

/// Everything of a response before its body. Thread safety: not thread-safe.
class response_head {
public:
    response_head() = default;
    explicit response_head(unsigned response_status) : status(response_status) {}

    unsigned status = 200;  ///< 100..999
    std::string reason;     ///< words for people; when empty, the usual ones are sent
    fields headers;
    int minor_version = 1;  ///< HTTP/1.0 or HTTP/1.1

    /// Empties it for the next message and keeps its memory.
    void clear() noexcept
    {
        status = 200;
        reason.clear();
        headers.clear();
        minor_version = 1;
    }

    friend bool operator==(response_head const&, response_head const&) = default;
};

/// True when the client waits for a `100 Continue` before it sends its body.
/// Thread safety: stateless. Source: RFC 9110 section 10.1.1.
inline bool expects_continue(request_head const& head)
{
    return head.minor_version >= 1 && iequals(head.headers.get("Expect"), "100-continue");
}

}  // namespace ossify::http

#endif
