#ifndef OSSIFY_EMULATOR_DELETE_MULTIPLE_OBJECTS_HPP
#define OSSIFY_EMULATOR_DELETE_MULTIPLE_OBJECTS_HPP

#include <ossify/codec/xml.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/url_encoding.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ossify::emulation::operations {

inline constexpr std::size_t most_deleted_keys = 1000;
inline constexpr std::size_t most_delete_bytes = 2 << 20;

/// A key under which there is nothing counts as deleted. What a caller may not delete stays, and is not listed.
/// Source: OSS documentation, "DeleteMultipleObjects".
inline std::optional<service_error> finish_delete_multiple_objects(service_exchange& x)
{
    auto const& r = x.request();
    auto const encoding = url_encoding::of(r);
    if (!encoding)
        return encoding.error();
    if (auto bad = x.check_text_digest(true))
        return bad;
    if (x.text().size() > most_delete_bytes)
        return errors::malformed_xml();
    auto const document = codec::xml_document::parse(x.text());
    if (!document || document->root().name() != "Delete")
        return errors::malformed_xml();
    bool const quiet = http::iequals(document->root().child_text("Quiet"), "true");
    std::vector<std::string> keys;
    for (auto const& object : document->root().children("Object")) {
        if (!object.child("Key"))
            return errors::malformed_xml();
        if (!object.child_text("VersionId").empty())
            return service_error(400, "NotImplemented", "This emulator keeps no versions of objects.");
        keys.push_back(object.child_text("Key"));
        if (auto bad = errors::bad_object_name(keys.back()))
            return bad;
    }
    if (keys.empty() || keys.size() > most_deleted_keys)
        return errors::malformed_xml();

    codec::xml_writer xml;
    xml.open("DeleteResult");
    encoding->write_type(xml);
    for (auto const& key : keys) {
        if (x.check_access(right::write_object, r.bucket(), key))
            continue;
        if (auto done = x.objects().remove_object(r.bucket(), key); !done)
            return errors::internal(done.error());
        xml.open("Deleted");
        encoding->element(xml, "Key", key);
        xml.close();
    }
    if (!quiet)
        x.answer().xml(xml.finish());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
