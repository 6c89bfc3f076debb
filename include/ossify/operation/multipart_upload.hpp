#ifndef OSSIFY_OPERATION_MULTIPART_UPLOAD_HPP
#define OSSIFY_OPERATION_MULTIPART_UPLOAD_HPP

#include <ossify/codec/describe.hpp>
#include <ossify/core/result.hpp>
#include <ossify/operation/service_request.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The handle of a multipart upload that was begun: all that another machine needs to send parts to it, to complete it
/// or to give it up. `codec::to_json` and `codec::from_json` turn it into JSON and back.
/// Thread safety: a value.
class multipart_upload {
public:
    multipart_upload() = default;
    multipart_upload(std::string bucket_name, std::string object_key, std::string id)
        : bucket(std::move(bucket_name)), key(std::move(object_key)), upload_id(std::move(id))
    {
    }

    std::string bucket;
    std::string key;
    std::string upload_id;

    friend bool operator==(multipart_upload const&, multipart_upload const&) = default;
};

BOOST_DESCRIBE_STRUCT(multipart_upload, (), (bucket, key, upload_id))

namespace detail {

/// A request about an upload. Errors: `invalid_argument` when the handle has no upload id: as a query item without a
/// value it would mean another operation.
inline result<service_request> request_for(multipart_upload const& upload, std::string_view operation,
                                           http::method method)
{
    if (upload.upload_id.empty())
        return failure(errc::invalid_argument, "the multipart upload has no upload id").in(operation);
    return service_request(operation, method, upload.bucket, upload.key);
}

/// Names the upload in a failure, so that what was left behind can be found.
inline failure concerning(failure why, multipart_upload const& upload, unsigned part_number = 0)
{
    auto& info = why.edit();
    info.upload_id = upload.upload_id;
    if (part_number != 0)
        info.part_number = part_number;
    return why;
}

}  // namespace detail

}  // namespace ossify

#endif
