#ifndef OSSIFY_EMULATOR_BUCKET_OPERATIONS_HPP
#define OSSIFY_EMULATOR_BUCKET_OPERATIONS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/listing.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// What a listing of buckets and GetBucketInfo both say about one.
inline void write_bucket(codec::xml_writer& xml, bucket_record const& bucket, std::string const& region)
{
    xml.element("CreationDate", codec::iso_extended_ms(bucket.created));
    xml.element("ExtranetEndpoint", "oss-" + region + ".aliyuncs.com");
    xml.element("IntranetEndpoint", "oss-" + region + "-internal.aliyuncs.com");
    xml.element("Location", "oss-" + region);
    xml.element("Name", bucket.name);
    xml.element("StorageClass", bucket.storage_class);
}

/// The ACL of a bucket or an object. Source: OSS documentation, "GetBucketAcl", "GetObjectACL".
inline std::string acl_xml(std::string_view owner, std::string_view acl)
{
    codec::xml_writer xml;
    xml.open("AccessControlPolicy");
    write_owner(xml, owner);
    xml.open("AccessControlList").element("Grant", acl);
    return xml.finish();
}

/// The ACL that a request wants for a bucket; nothing when it names none. Errors: InvalidArgument.
inline service_result<std::optional<std::string>> wanted_bucket_acl(incoming_request const& r)
{
    auto const acl = r.head->headers.find("x-oss-acl");
    if (!acl)
        return std::optional<std::string>();
    if (!emulation::detail::is_one_of(*acl, emulation::detail::bucket_acls))
        return errors::invalid_argument("x-oss-acl", *acl, "no such bucket access control exists");
    return std::optional<std::string>(*acl);
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
    auto const acl = detail::wanted_bucket_acl(r);
    if (!acl)
        return acl.error();
    auto const* const old = x.objects().find_bucket(r.bucket());
    if (old != nullptr)
        bucket.acl = old->acl;
    if (*acl)
        bucket.acl = **acl;
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
    codec::xml_writer xml;
    xml.open("BucketInfo").open("Bucket");
    detail::write_bucket(xml, bucket, x.settings().region);
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

/// Makes the bucket when there is none. Source: OSS documentation, "PutBucketACL".
inline std::optional<service_error> finish_put_bucket_acl(service_exchange& x)
{
    auto const& r = x.request();
    auto const acl = detail::wanted_bucket_acl(r);
    if (!acl)
        return acl.error();
    bucket_record bucket;
    bucket.name = r.bucket();
    bucket.created = r.received;
    bucket.owner = x.settings().owner;
    if (auto const* const old = x.objects().find_bucket(r.bucket())) {
        bucket.acl = old->acl;
        bucket.storage_class = old->storage_class;
    }
    if (*acl)
        bucket.acl = **acl;
    if (auto done = x.objects().put_bucket(std::move(bucket)); !done)
        return errors::internal(done.error());
    return std::nullopt;
}

/// Source: OSS documentation, "GetBucketAcl".
inline std::optional<service_error> finish_get_bucket_acl(service_exchange& x)
{
    auto const& bucket = *x.objects().find_bucket(x.request().bucket());
    x.answer().xml(detail::acl_xml(bucket.owner, bucket.acl));
    return std::nullopt;
}

/// The real service counts once an hour, the emulator at once. Source: OSS documentation, "GetBucketStat".
inline std::optional<service_error> finish_get_bucket_stat(service_exchange& x)
{
    struct amount {
        std::string_view name;
        std::uint64_t bytes = 0;
        std::uint64_t objects = 0;
    };
    std::array<amount, 5> classes{{{"Standard"}, {"IA"}, {"Archive"}, {"ColdArchive"}, {"DeepColdArchive"}}};
    auto const& bucket = *x.objects().find_bucket(x.request().bucket());
    std::uint64_t bytes = 0;
    for (auto const& [key, object] : bucket.objects) {
        bytes += object->data.size();
        for (auto& of : classes)
            if (of.name == object->attributes.storage_class) {
                of.bytes += object->data.size();
                ++of.objects;
            }
    }
    auto const second = std::chrono::floor<std::chrono::seconds>(x.request().received).time_since_epoch().count();
    codec::xml_writer xml;
    xml.open("BucketStat");
    xml.element("Storage", std::to_string(bytes));
    xml.element("ObjectCount", std::to_string(bucket.objects.size()));
    xml.element("MultipartUploadCount", std::to_string(bucket.uploads.size()));
    xml.element("LiveChannelCount", "0");
    xml.element("LastModifiedTime", std::to_string(second));
    for (auto const& of : classes) {
        std::string const name(of.name == "IA" ? "InfrequentAccess" : of.name);
        xml.element(name + "Storage", std::to_string(of.bytes));
        if (of.name != "Standard")
            xml.element(name + "RealStorage", std::to_string(of.bytes));
        xml.element(name + "ObjectCount", std::to_string(of.objects));
    }
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// The elements about the page are only there when there is another one.
/// Source: OSS documentation, "GetService (ListBuckets)".
inline std::optional<service_error> finish_list_buckets(service_exchange& x)
{
    auto const& r = x.request();
    auto const most = read_bounded(r, "max-keys", 100, 1, 1000);
    if (!most)
        return most.error();
    page_request wanted;
    wanted.prefix = r.query.get("prefix");
    wanted.after = r.query.get("marker");
    wanted.most = *most;
    auto const page = take_page(x.objects().buckets(), wanted);
    codec::xml_writer xml;
    xml.open("ListAllMyBucketsResult");
    if (page.truncated) {
        xml.element("Prefix", wanted.prefix);
        xml.element("Marker", wanted.after);
        xml.element("MaxKeys", std::to_string(wanted.most));
        xml.element("IsTruncated", "true");
        xml.element("NextMarker", page.last);
    }
    detail::write_owner(xml, x.settings().owner);
    xml.open("Buckets");
    for (auto const* const item : page.items) {
        xml.open("Bucket");
        detail::write_bucket(xml, item->second, x.settings().region);
        xml.element("Region", x.settings().region);
        xml.close();
    }
    x.answer().xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
