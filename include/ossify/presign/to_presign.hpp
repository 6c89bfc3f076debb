#ifndef OSSIFY_PRESIGN_TO_PRESIGN_HPP
#define OSSIFY_PRESIGN_TO_PRESIGN_HPP

#include <ossify/http/method.hpp>
#include <ossify/operation/service_request.hpp>

#include <string>
#include <string_view>
#include <utility>

// The requests that are usually left to others, without their bodies. Add headers and query items as needed, then give
// them to `presigner::presign`.

namespace ossify::to_presign {

/// Uploads an object. Its Content-Type, if one is wanted, must be known now: it is signed.
inline service_request put_object(std::string bucket, std::string key, std::string_view content_type = {})
{
    service_request out("PutObject", http::method::put, std::move(bucket), std::move(key));
    if (!content_type.empty())
        out.headers.set("Content-Type", content_type);
    return out;
}

/// Downloads an object. Query items such as `response-content-disposition` change the answer's headers.
inline service_request get_object(std::string bucket, std::string key)
{
    return service_request("GetObject", http::method::get, std::move(bucket), std::move(key));
}

/// Uploads one part, 1..10000.
inline service_request upload_part(std::string bucket, std::string key, std::string_view upload_id, unsigned number)
{
    service_request out("UploadPart", http::method::put, std::move(bucket), std::move(key));
    out.query.append("partNumber", std::to_string(number));
    out.query.append("uploadId", upload_id);
    return out;
}

/// Completes a multipart upload. The sender adds the list of parts as XML, so its Content-Type is signed.
inline service_request complete_multipart_upload(std::string bucket, std::string key, std::string_view upload_id)
{
    service_request out("CompleteMultipartUpload", http::method::post, std::move(bucket), std::move(key));
    out.query.append("uploadId", upload_id);
    out.headers.set("Content-Type", "application/xml");
    return out;
}

}  // namespace ossify::to_presign

#endif
