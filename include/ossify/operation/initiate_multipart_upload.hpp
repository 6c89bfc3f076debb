#ifndef OSSIFY_OPERATION_INITIATE_MULTIPART_UPLOAD_HPP
#define OSSIFY_OPERATION_INITIATE_MULTIPART_UPLOAD_HPP

#include <ossify/codec/xml.hpp>
#include <ossify/operation/answer.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/object_headers.hpp>

#include <string>
#include <string_view>

namespace ossify {

/// Begins a multipart upload. The object keeps what it is until the upload is completed; the access control list goes
/// with the completion. Thread safety: a value. Source: OSS documentation, InitiateMultipartUpload.
class initiate_multipart_upload {
public:
    static constexpr std::string_view operation = "InitiateMultipartUpload";

    initiate_multipart_upload() = default;
    initiate_multipart_upload(std::string bucket_name, std::string object_key)
        : bucket(std::move(bucket_name)), key(std::move(object_key))
    {
    }

    std::string bucket;
    std::string key;
    object_headers object;
    bool sequential = false;  ///< parts come in order; the service can then give the MD5 of the whole object

    /// Errors: `invalid_argument` for a header that the service would refuse.
    result<service_request> encode() const
    {
        service_request out(operation, http::method::post, bucket, key);
        out.query.append("uploads");
        if (sequential)
            out.query.append("sequential");
        if (auto ok = object.encode(key, object_headers::use::initiate, out.headers); !ok)
            return std::move(ok).error().in(operation);
        return out;
    }

    /// Errors: those of the service; `bad_answer` when the answer names no upload.
    result<multipart_upload> decode(http::response_head const& head, std::string_view body) const
    {
        if (head.status != 200)
            return decode_error(operation, head, body);
        auto const document = codec::xml_document::parse(body);
        if (!document || document->root().name() != "InitiateMultipartUploadResult")
            return failure(errc::bad_answer, "the answer is no InitiateMultipartUploadResult").in(operation);
        // Only the id is taken: bucket and key are those that were asked for, whatever encoding the answer uses.
        multipart_upload out(bucket, key, document->root().child_text("UploadId"));
        if (out.upload_id.empty())
            return failure(errc::bad_answer, "the answer has no upload id").in(operation);
        return out;
    }
};

}  // namespace ossify

#endif
