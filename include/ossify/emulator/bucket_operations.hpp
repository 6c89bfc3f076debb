#ifndef OSSIFY_EMULATOR_BUCKET_OPERATIONS_HPP
#define OSSIFY_EMULATOR_BUCKET_OPERATIONS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/exchange.hpp>

#include <optional>
#include <string>
#include <utility>

namespace ossify::emulation::operations {

namespace detail {

inline void write_owner(codec::xml_writer& xml, std::string_view id)
{
    xml.open("Owner");
    xml.element("ID", id);
    xml.element("DisplayName", id);
    xml.close();
}

}  // namespace detail

/// Source: OSS documentation, "PutBucket".
inline std::optional<service_error> finish_put_bucket(service_exchange& x)
{
    auto const& r = x.request();
    bucket_record bucket;
    bucket.name = r.bucket();
    bucket.created = r.received;
    bucket.owner = x.settings().owner;
    if (auto const acl = r.head->headers.find("x-oss-acl")) {
        if (!emulation::detail::is_one_of(*acl, emulation::detail::bucket_acls))
            return errors::invalid_argument("x-oss-acl", *acl, "no such bucket access control exists");
        bucket.acl = *acl;
    }
    if (!x.text().empty()) {
        auto const document = codec::xml_document::parse(x.text());
        if (!document || document->root().name() != "CreateBucketConfiguration")
            return errors::malformed_xml();
        if (auto const type = document->root().child_text("StorageClass"); !type.empty()) {
            if (!emulation::detail::is_one_of(type, emulation::detail::storage_classes))
                return errors::invalid_argument("StorageClass", type, "no such storage class exists");
            bucket.storage_class = type;
        }
    }
    if (auto const* const old = x.objects().find_bucket(r.bucket()); old != nullptr && !r.has_header("x-oss-acl"))
        bucket.acl = old->acl;
    if (auto done = x.objects().put_bucket(std::move(bucket)); !done)
        return errors::internal(done.error());
    x.answer().headers.set("Location", "/" + r.bucket());
    return std::nullopt;
}

inline std::optional<service_error> finish_head_bucket(service_exchange& x)
{
    x.answer().headers.set("x-oss-bucket-region", x.settings().region);
    return std::nullopt;
}

/// Source: OSS documentation, "DeleteBucket".
inline std::optional<service_error> finish_delete_bucket(service_exchange& x)
{
    auto const& name = x.request().bucket();
    auto const& bucket = *x.objects().find_bucket(name);
    if (!bucket.objects.empty() || !bucket.uploads.empty())
        return service_error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
            .with("BucketName", name);
    if (auto done = x.objects().remove_bucket(name); !done)
        return errors::internal(done.error());
    x.answer().status = 204;
    return std::nullopt;
}

/// Source: OSS documentation, "GetBucketInfo".
inline std::optional<service_error> finish_get_bucket_info(service_exchange& x)
{
    auto const& bucket = *x.objects().find_bucket(x.request().bucket());
    auto const& region = x.settings().region;
    codec::xml_writer xml;
    xml.open("BucketInfo").open("Bucket");
    xml.element("CreationDate", codec::iso_extended_ms(bucket.created));
    xml.element("ExtranetEndpoint", "oss-" + region + ".aliyuncs.com");
    xml.element("IntranetEndpoint", "oss-" + region + "-internal.aliyuncs.com");
    xml.element("Location", "oss-" + region);
    xml.element("Name", bucket.name);
    xml.element("StorageClass", bucket.storage_class);
    detail::write_owner(xml, bucket.owner);
    xml.open("AccessControlList").element("Grant", bucket.acl).close();
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// Source: OSS documentation, "GetBucketLocation".
inline std::optional<service_error> finish_get_bucket_location(service_exchange& x)
{
    codec::xml_writer xml;
    xml.element("LocationConstraint", "oss-" + x.settings().region);
    x.answer().xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
