#ifndef OSSIFY_EMULATOR_OBJECT_SETTINGS_HPP
#define OSSIFY_EMULATOR_OBJECT_SETTINGS_HPP

#include <ossify/codec/xml.hpp>
#include <ossify/emulator/bucket_operations.hpp>
#include <ossify/emulator/exchange.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What can be changed about an object without touching its bytes or the time of its last change: ACL and tags.
namespace ossify::emulation::operations {

namespace detail {

/// Stores the object once more, with what `change` does to its attributes. Errors: NoSuchKey, InternalError.
template<class Change>
std::optional<service_error> change_attributes(service_exchange& x, Change change)
{
    auto const& r = x.request();
    auto const object = x.objects().find_object(r.bucket(), r.key());
    if (!object)
        return errors::no_such_key(r.key());
    auto changed = std::make_shared<object_record>(*object);
    change(changed->attributes);
    if (auto done = x.objects().put_object(r.bucket(), r.key(), std::move(changed)); !done)
        return errors::internal(done.error());
    return std::nullopt;
}

}  // namespace detail

/// Source: OSS documentation, "PutObjectACL".
inline std::optional<service_error> finish_put_object_acl(service_exchange& x)
{
    auto const acl = x.request().head->headers.find("x-oss-object-acl");
    if (acl && !emulation::detail::is_one_of(*acl, emulation::detail::object_acls))
        return errors::invalid_argument("x-oss-object-acl", *acl, "no such object access control exists");
    return detail::change_attributes(x, [&](object_attributes& of) {
        if (acl)
            of.acl = *acl;
    });
}

/// Source: OSS documentation, "GetObjectACL".
inline std::optional<service_error> finish_get_object_acl(service_exchange& x)
{
    auto const& r = x.request();
    auto const object = x.objects().find_object(r.bucket(), r.key());
    if (!object)
        return errors::no_such_key(r.key());
    x.answer().xml(detail::acl_xml(x.objects().find_bucket(r.bucket())->owner, object->attributes.acl));
    return std::nullopt;
}

/// Source: OSS documentation, "PutObjectTagging".
inline std::optional<service_error> finish_put_object_tagging(service_exchange& x)
{
    auto const document = codec::xml_document::parse(x.text());
    if (!document || document->root().name() != "Tagging" || !document->root().child("TagSet"))
        return errors::malformed_xml();
    std::vector<std::pair<std::string, std::string>> tags;
    for (auto const& tag : document->root().child("TagSet").children("Tag"))
        tags.emplace_back(tag.child_text("Key"), tag.child_text("Value"));
    if (auto bad = check_tags(tags))
        return bad;
    return detail::change_attributes(x, [&](object_attributes& of) { of.tags = std::move(tags); });
}

/// Source: OSS documentation, "GetObjectTagging".
inline std::optional<service_error> finish_get_object_tagging(service_exchange& x)
{
    auto const& r = x.request();
    auto const object = x.objects().find_object(r.bucket(), r.key());
    if (!object)
        return errors::no_such_key(r.key());
    codec::xml_writer xml;
    xml.open("Tagging").open("TagSet");
    for (auto const& [key, value] : object->attributes.tags)
        xml.open("Tag").element("Key", key).element("Value", value).close();
    x.answer().xml(xml.finish());
    return std::nullopt;
}

/// Source: OSS documentation, "DeleteObjectTagging".
inline std::optional<service_error> finish_delete_object_tagging(service_exchange& x)
{
    x.answer().status = 204;
    return detail::change_attributes(x, [](object_attributes& of) { of.tags.clear(); });
}

}  // namespace ossify::emulation::operations

#endif
