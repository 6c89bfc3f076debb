#ifndef OSSIFY_EMULATOR_OPERATION_HPP
#define OSSIFY_EMULATOR_OPERATION_HPP

#include <ossify/core/ascii.hpp>
#include <ossify/emulator/service_error.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What a request asks of the service.
enum class operation : std::uint8_t {
    put_object,
    get_object,
    head_object,
    delete_object,
    delete_multiple_objects,
    copy_object,
    append_object,
    post_object,
    put_symlink,
    get_symlink,
    get_object_meta,
    put_object_acl,
    get_object_acl,
    put_object_tagging,
    get_object_tagging,
    delete_object_tagging,
    initiate_multipart_upload,
    upload_part,
    upload_part_copy,
    complete_multipart_upload,
    abort_multipart_upload,
    list_parts,
    list_multipart_uploads,
    put_bucket,
    delete_bucket,
    head_bucket,
    list_objects,
    list_objects_v2,
    get_bucket_info,
    get_bucket_location,
    get_bucket_stat,
    put_bucket_acl,
    get_bucket_acl,
    list_buckets,
    preflight,
};

/// What an operation needs of its caller. Anonymous callers have it where the ACL gives it to everybody.
enum class right { nothing, read_object, write_object, read_bucket, own };

inline constexpr std::size_t operation_count = static_cast<std::size_t>(operation::preflight) + 1;

/// The service's name of the operation.
inline std::string_view to_string(operation o) noexcept
{
    constexpr std::array<std::string_view, operation_count> names{
        "PutObject",          "GetObject",           "HeadObject",          "DeleteObject",
        "DeleteMultipleObjects", "CopyObject",       "AppendObject",        "PostObject",
        "PutSymlink",         "GetSymlink",          "GetObjectMeta",       "PutObjectACL",
        "GetObjectACL",       "PutObjectTagging",    "GetObjectTagging",    "DeleteObjectTagging",
        "InitiateMultipartUpload", "UploadPart",     "UploadPartCopy",      "CompleteMultipartUpload",
        "AbortMultipartUpload", "ListParts",         "ListMultipartUploads", "PutBucket",
        "DeleteBucket",       "HeadBucket",          "GetBucket",           "ListObjectsV2",
        "GetBucketInfo",      "GetBucketLocation",   "GetBucketStat",       "PutBucketAcl",
        "GetBucketAcl",       "ListBuckets",         "OptionObject"};
    return names[static_cast<std::size_t>(o)];
}

/// The operation named by `name`, in the service's spelling or in this library's ("UploadPart", "upload_part").
inline std::optional<operation> parse_operation(std::string_view name)
{
    auto const same = [](std::string_view a, std::string_view b) {
        std::size_t i = 0;
        for (char const c : a) {
            if (c == '_')
                continue;
            if (i == b.size() || ascii::to_lower(c) != ascii::to_lower(b[i]))
                return false;
            ++i;
        }
        return i == b.size();
    };
    for (std::size_t i = 0; i != operation_count; ++i)
        if (auto const o = static_cast<operation>(i); same(name, to_string(o)))
            return o;
    // Their names in callbacks and logs are older, or longer.
    if (same(name, "ListObjects"))
        return operation::list_objects;
    if (same(name, "preflight"))
        return operation::preflight;
    return std::nullopt;
}

namespace detail {

/// Sub-resources of the service that the emulator does not have. A request for one must fail, or it would be taken
/// for the plain operation without it.
inline bool is_absent_sub_resource(std::string_view name)
{
    constexpr std::array<std::string_view, 74> names{
        "accessPoint", "accessPointPolicy", "asyncFetch", "bucketArchiveDirectRead", "cleanRestoredObject", "cloudboxes",
        "cname", "comp", "cors", "encryption", "group", "httpsConfig", "img", "inventory", "inventoryId", "lifecycle",
        "link", "live", "logging", "metaQuery", "objectInfo", "objectWorm", "policy", "policyStatus",
        "processConfiguration", "publicAccessBlock", "qos", "qosInfo", "qosRequester", "redundancyTransition",
        "referer", "regionList", "replication", "replicationLocation", "replicationProgress", "requestPayment",
        "requesterQosInfo", "resourceGroup", "resourcePool", "resourcePoolBuckets", "resourcePoolInfo", "restore",
        "seal", "status", "style", "styleName", "transferAcceleration", "udf", "udfApplication", "udfApplicationLog",
        "udfImage", "udfImageDesc", "udfName", "versionId", "versioning", "versions", "vip", "vod", "vpcip", "website",
        "worm", "wormExtend", "wormId", "x-oss-access-point-name", "x-oss-async-process", "x-oss-delete", "x-oss-dir",
        "x-oss-process", "x-oss-redundancy-transition-taskid", "x-oss-rename", "x-oss-target-redundancy-type",
        "x-oss-write-get-object-response", "vpc", "archiveDirectRead"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace detail

/// What a request line says about the operation: which of the three levels it addresses, and its query.
class route_facts {
public:
    route_facts() = default;

    http::method method = http::method::get;
    bool has_bucket = false;
    bool has_key = false;
    bool copies = false;     ///< the request has the header x-oss-copy-source
    bool form_body = false;  ///< the body is multipart/form-data
};

/// Finds the operation. Errors: NotImplemented for what the service has and the emulator has not; MethodNotAllowed.
inline service_result<operation> route(route_facts const& facts, http::query const& query)
{
    using enum operation;
    auto const has = [&](std::string_view name) { return query.find(name).has_value(); };
    for (auto const& item : query)
        if (detail::is_absent_sub_resource(item.name))
            return service_error(400, "NotImplemented",
                                 "A parameter you provided implies functionality that is not implemented.")
                .with("ParameterName", std::string(item.name));

    auto const m = facts.method;
    if (m == http::method::options)
        return preflight;
    auto const refuse = [&] {
        return service_error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
            .with("Method", std::string(to_string(m)))
            .with("ResourceType", facts.has_key ? "OBJECT" : facts.has_bucket ? "BUCKET" : "SERVICE");
    };
    if (!facts.has_bucket) {
        if (m == http::method::get)
            return list_buckets;
        return refuse();
    }
    if (!facts.has_key) {
        if (has("tagging"))  // of the bucket itself
            return service_error(400, "NotImplemented",
                                 "A parameter you provided implies functionality that is not implemented.")
                .with("ParameterName", "tagging");
        switch (m) {
        case http::method::put:
            return has("acl") ? put_bucket_acl : put_bucket;
        case http::method::head: return head_bucket;
        case http::method::delete_: return delete_bucket;
        case http::method::get:
            if (has("uploads")) return list_multipart_uploads;
            if (has("acl")) return get_bucket_acl;
            if (has("bucketInfo")) return get_bucket_info;
            if (has("location")) return get_bucket_location;
            if (has("stat")) return get_bucket_stat;
            if (auto const type = query.find("list-type"); type && *type == "2") return list_objects_v2;
            return list_objects;
        case http::method::post:
            if (has("delete")) return delete_multiple_objects;
            return post_object;
        default: return refuse();
        }
    }
    switch (m) {
    case http::method::put:
        if (has("partNumber") || has("uploadId"))
            return facts.copies ? upload_part_copy : upload_part;
        if (has("acl")) return put_object_acl;
        if (has("tagging")) return put_object_tagging;
        if (has("symlink")) return put_symlink;
        return facts.copies ? copy_object : put_object;
    case http::method::get:
        if (has("uploadId")) return list_parts;
        if (has("acl")) return get_object_acl;
        if (has("tagging")) return get_object_tagging;
        if (has("symlink")) return get_symlink;
        if (has("objectMeta")) return get_object_meta;
        return get_object;
    case http::method::head:
        return has("objectMeta") ? get_object_meta : head_object;
    case http::method::delete_:
        if (has("uploadId")) return abort_multipart_upload;
        if (has("tagging")) return delete_object_tagging;
        return delete_object;
    case http::method::post:
        if (has("uploads")) return initiate_multipart_upload;
        if (has("uploadId")) return complete_multipart_upload;
        if (has("append")) return append_object;
        return refuse();
    default: return refuse();
    }
}

}  // namespace ossify::emulation

#endif
