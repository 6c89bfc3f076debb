#ifndef OSSIFY_PRESIGN_GRANT_HPP
#define OSSIFY_PRESIGN_GRANT_HPP

#include <ossify/codec/date.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>

#include <string>

namespace ossify {

/// The right to send one request until a point in time, for a sender that holds no secret. Whoever has it can use it,
/// as often as he likes: hand it out like a password.
/// Thread safety: a value.
class grant {
public:
    grant() = default;

    http::method method = http::method::get;
    std::string url;
    /// What the sender must send besides what every client sends (Host, Content-Length, User-Agent): these headers,
    /// unchanged, and no other Content-Type, Content-MD5 or x-oss-*; a request without a Content-Type here must go out
    /// without one.
    http::fields headers;
    codec::wall_time expires{};

    friend bool operator==(grant const&, grant const&) = default;
};

}  // namespace ossify

#endif
