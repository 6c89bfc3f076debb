#ifndef OSSIFY_OPERATION_ABORT_MULTIPART_UPLOAD_HPP
#define OSSIFY_OPERATION_ABORT_MULTIPART_UPLOAD_HPP

#include <ossify/operation/answer.hpp>
#include <ossify/operation/multipart_upload.hpp>

#include <string_view>
#include <utility>

namespace ossify {

/// Gives an upload up: the service drops its parts. A part that is under way may survive; then abort again.
/// Thread safety: a value. Source: OSS documentation, AbortMultipartUpload.
class abort_multipart_upload {
public:
    static constexpr std::string_view operation = "AbortMultipartUpload";

    abort_multipart_upload() = default;
    explicit abort_multipart_upload(multipart_upload of) : upload(std::move(of)) {}

    multipart_upload upload;
    bool requester_pays = false;

    /// Errors: `invalid_argument`.
    result<service_request> encode() const
    {
        auto out = detail::request_for(upload, operation, http::method::delete_);
        if (!out)
            return out;
        out->query.append("uploadId", upload.upload_id);
        if (requester_pays)
            out->headers.append_valid("x-oss-request-payer", "requester");
        return out;
    }

    /// Errors: those of the service; `no_such_upload` when there is nothing to give up.
    result<void> decode(http::response_head const& head, std::string_view body) const
    {
        if (head.status == 204 || head.status == 200)
            return {};
        return detail::concerning(decode_error(operation, head, body), upload);
    }
};

}  // namespace ossify

#endif
