#ifndef OSSIFY_EMULATOR_CROSS_ORIGIN_HPP
#define OSSIFY_EMULATOR_CROSS_ORIGIN_HPP

#include <ossify/emulator/exchange.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/message.hpp>

#include <optional>
#include <string_view>

/// What browsers ask before they let a page talk to the service. The real one answers by the rules of the bucket; the
/// emulator has none and lets every page in, because it is there for development.
/// Source: Fetch standard, "CORS protocol"; OSS documentation, "OptionObject".
namespace ossify::emulation {

/// Lets the page of a request's origin read the answer.
inline void allow_cross_origin(http::request_head const& request, http::fields& answer)
{
    if (!request.headers.contains("Origin"))
        return;
    answer.set("Access-Control-Allow-Origin", "*");
    answer.set("Access-Control-Expose-Headers",
               "ETag, Content-MD5, Date, Last-Modified, x-oss-request-id, x-oss-hash-crc64ecma, x-oss-version-id, "
               "x-oss-next-append-position, x-oss-object-type, x-oss-ec, x-oss-err");
}

namespace operations {

/// A question before the request itself: everything that it asks for is allowed.
inline std::optional<service_error> finish_preflight(service_exchange& x)
{
    auto const& r = x.request();
    auto const method = r.header("Access-Control-Request-Method");
    if (!r.has_header("Origin") || method.empty())
        return service_error(400, "InvalidRequest",
                             "Insufficient information. Origin and Access-Control-Request-Method request headers needed.");
    auto& to = x.answer().headers;
    to.set("Access-Control-Allow-Methods", method);
    if (auto const headers = r.header("Access-Control-Request-Headers"); !headers.empty())
        to.set("Access-Control-Allow-Headers", headers);
    to.set("Access-Control-Max-Age", "3600");
    to.set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    return std::nullopt;
}

}  // namespace operations

}  // namespace ossify::emulation

#endif
