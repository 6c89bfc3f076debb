#ifndef OSSIFY_OPERATION_PUT_OBJECT_HPP
#define OSSIFY_OPERATION_PUT_OBJECT_HPP

#include <ossify/callback/outcome.hpp>
#include <ossify/operation/answer.hpp>
#include <ossify/operation/object_headers.hpp>
#include <ossify/operation/service_request.hpp>
#include <ossify/operation/upload_figures.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ossify {

/// An object that is stored, and what became of its callback.
/// `Reply` is the struct that the application server answers with, void when its answer stays text.
template<class Reply = void>
class stored_object {
public:
    stored_object() = default;
    /// Gives the callback's answer its type.
    template<class Untyped>
        requires(!std::is_void_v<Reply> && std::is_same_v<Untyped, stored_object<void>>)
    explicit stored_object(Untyped untyped)
        : etag(std::move(untyped.etag)),
          crc64(untyped.crc64),
          bytes(untyped.bytes),
          content_md5(std::move(untyped.content_md5)),
          version_id(std::move(untyped.version_id)),
          request_id(std::move(untyped.request_id)),
          parts(untyped.parts),
          retries(untyped.retries),
          figures(std::move(untyped.figures)),
          callback(std::move(untyped.callback))
    {
    }

    std::string etag;                    ///< without quotes
    std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ of the whole object as the service has it
    std::uint64_t bytes = 0;             ///< length of the object; 0 when it is not known: see `part::bytes`
    std::string content_md5;             ///< Base64, as the service answered; empty for multipart uploads
    std::string version_id;              ///< empty without versioning
    std::string request_id;              ///< of the request that stored the object; empty when its answer was lost
    unsigned parts = 0;                  ///< of the completed list; 0 when it was stored by one put, or with all parts
    unsigned retries = 0;                ///< requests that were sent again
    upload_figures figures;              ///< how an upload in parts went
    callback_outcome<Reply> callback;
};

namespace detail {

/// Whether a success can be the service's own: it names the object, or its request. Else a proxy, a login page, another server
/// answered.
inline bool is_from_service(http::response_head const& head)
{
    bool const has_etag = head.headers.get("ETag").find_first_not_of('"') != std::string_view::npos;
    return has_etag || !head.headers.get("x-oss-request-id").empty();
}

/// Whether an answer says that the object is stored and its callback failed. Source: OSS documentation, 203 errors.
inline bool is_failed_callback(service_request const& request, http::response_head const& head)
{
    return head.status == 203 && request.carries_callback;
}

inline failure foreign_answer(std::string_view operation_name, http::response_head const& head)
{
    failure why(errc::bad_answer, "a success as the service does not say it: is this address the service's?");
    why.edit().http_status = static_cast<int>(head.status);
    why.edit().request_id = head.headers.get("x-oss-request-id");
    return std::move(why).in(operation_name);
}

}  // namespace detail

/// Reads the answer to a request that stores an object and may carry a callback. Whether the body is a callback's
/// answer is decided by what the request carried, never by its content type. `Reply`: as of `stored_object`.
/// `etag`: where no header has it. Errors: those of the service; `bad_answer` for a success that names neither the object nor
/// its request. A 203 is none where a callback was asked for: the object is stored, `callback.failed()` says why it was not
/// called.
/// Source: OSS documentation, Callback; 203 errors.
template<class Reply = void>
result<stored_object<Reply>> decode_stored(service_request const& request, http::response_head const& head,
                                           std::string body, std::string etag = {})
{
    result<stored_object<Reply>> decoded;  // all that is returned is this one, so that it is made where it is wanted
    if (head.status != 200 && head.status != 203) {
        decoded = decode_error(request.operation, head, body);
        return decoded;
    }
    stored_object<Reply>& out = *decoded;
    using outcome = callback_outcome<Reply>;
    bool const failed_callback = detail::is_failed_callback(request, head);
    out.etag = unquoted(head.headers.get("ETag"));
    if (out.etag.empty())
        out.etag = std::move(etag);
    if (out.etag.empty() && !failed_callback && !detail::is_from_service(head)) {
        decoded = detail::foreign_answer(request.operation, head);
        return decoded;
    }
    out.content_md5 = head.headers.get("Content-MD5");
    out.version_id = head.headers.get("x-oss-version-id");
    out.request_id = head.headers.get("x-oss-request-id");
    if (failed_callback)
        out.callback = outcome(callback_outcome<>::failed_because(decode_error(request.operation, head, body)));
    else if (request.carries_callback)
        out.callback = outcome(callback_outcome<>::delivered_with(std::move(body)));
    out.crc64 = detail::number_in<std::uint64_t>(head.headers.get("x-oss-hash-crc64ecma"));
    return decoded;
}

}  // namespace ossify

#endif
