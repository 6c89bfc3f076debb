#ifndef OSSIFY_EMULATOR_OPERATIONS_HPP
#define OSSIFY_EMULATOR_OPERATIONS_HPP

#include <ossify/emulator/append_object.hpp>
#include <ossify/emulator/bucket_operations.hpp>
#include <ossify/emulator/copy_object.hpp>
#include <ossify/emulator/cross_origin.hpp>
#include <ossify/emulator/delete_multiple_objects.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/get_object.hpp>
#include <ossify/emulator/multipart_listings.hpp>
#include <ossify/emulator/multipart_operations.hpp>
#include <ossify/emulator/object_listings.hpp>
#include <ossify/emulator/object_settings.hpp>
#include <ossify/emulator/operation.hpp>
#include <ossify/emulator/post_object.hpp>
#include <ossify/emulator/put_object.hpp>
#include <ossify/emulator/symlink.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace ossify::emulation {

/// How the service performs an operation.
struct operation_entry {
    using function = std::optional<service_error> (*)(service_exchange&);

    function begin = nullptr;   ///< when the head is there; may be absent
    function finish = nullptr;  ///< when the body is there
    right needs = right::own;
    bool needs_bucket = true;
    /// Takes a piece of the body, for an operation whose body is neither an object nor a text.
    std::optional<service_error> (*receive)(service_exchange&, std::span<std::byte const>) = nullptr;
};

inline operation_entry entry_of(operation o) noexcept
{
    using namespace operations;
    switch (o) {
    case operation::put_object: return {&begin_put_object, &finish_put_object, right::write_object};
    case operation::get_object: return {nullptr, &finish_get_object, right::read_object};
    case operation::head_object: return {nullptr, &finish_head_object, right::read_object};
    case operation::get_object_meta: return {nullptr, &finish_get_object_meta, right::read_object};
    case operation::delete_object: return {nullptr, &finish_delete_object, right::write_object};
    case operation::delete_multiple_objects:
        return {nullptr, &finish_delete_multiple_objects, right::write_object};
    case operation::copy_object: return {nullptr, &finish_copy_object, right::write_object};
    case operation::append_object: return {&begin_append_object, &finish_append_object, right::write_object};
    case operation::put_symlink: return {nullptr, &finish_put_symlink, right::write_object};
    case operation::get_symlink: return {nullptr, &finish_get_symlink, right::read_object};
    case operation::put_object_acl: return {nullptr, &finish_put_object_acl};
    case operation::get_object_acl: return {nullptr, &finish_get_object_acl};
    case operation::put_object_tagging: return {nullptr, &finish_put_object_tagging};
    case operation::get_object_tagging: return {nullptr, &finish_get_object_tagging};
    case operation::delete_object_tagging: return {nullptr, &finish_delete_object_tagging};
    case operation::put_bucket: return {nullptr, &finish_put_bucket, right::own, false};
    case operation::head_bucket: return {nullptr, &finish_head_bucket, right::read_bucket};
    case operation::delete_bucket: return {nullptr, &finish_delete_bucket};
    case operation::get_bucket_info: return {nullptr, &finish_get_bucket_info};
    case operation::get_bucket_location: return {nullptr, &finish_get_bucket_location};
    case operation::get_bucket_stat: return {nullptr, &finish_get_bucket_stat};
    case operation::put_bucket_acl: return {nullptr, &finish_put_bucket_acl, right::own, false};
    case operation::get_bucket_acl: return {nullptr, &finish_get_bucket_acl};
    case operation::list_buckets: return {nullptr, &finish_list_buckets, right::own, false};
    case operation::list_objects: return {nullptr, &finish_list_objects, right::read_bucket};
    case operation::list_objects_v2: return {nullptr, &finish_list_objects_v2, right::read_bucket};
    case operation::initiate_multipart_upload:
        return {nullptr, &finish_initiate_multipart_upload, right::write_object};
    case operation::upload_part: return {&begin_upload_part, &finish_upload_part, right::write_object};
    case operation::upload_part_copy: return {nullptr, &finish_upload_part_copy, right::write_object};
    case operation::complete_multipart_upload:
        return {&begin_complete_multipart_upload, &finish_complete_multipart_upload, right::write_object};
    case operation::abort_multipart_upload: return {nullptr, &finish_abort_multipart_upload, right::write_object};
    case operation::list_parts: return {nullptr, &finish_list_parts, right::read_object};
    case operation::list_multipart_uploads: return {nullptr, &finish_list_multipart_uploads, right::read_bucket};
    // who sends a form is only known when its fields are there
    case operation::post_object:
        return {&begin_post_object, &finish_post_object, right::nothing, true, &receive_post_object};
    case operation::preflight: return {nullptr, &finish_preflight, right::nothing};
    }
    return {};
}

/// True for operations that change nothing: a read-only key may perform them.
inline bool only_reads(operation o) noexcept
{
    switch (o) {
    case operation::get_object:
    case operation::head_object:
    case operation::get_object_meta:
    case operation::get_object_acl:
    case operation::get_object_tagging:
    case operation::get_symlink:
    case operation::list_parts:
    case operation::list_multipart_uploads:
    case operation::head_bucket:
    case operation::list_objects:
    case operation::list_objects_v2:
    case operation::get_bucket_info:
    case operation::get_bucket_location:
    case operation::get_bucket_stat:
    case operation::get_bucket_acl:
    case operation::list_buckets:
    case operation::preflight: return true;
    default: return false;
    }
}

}  // namespace ossify::emulation

#endif
