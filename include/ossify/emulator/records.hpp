#ifndef OSSIFY_EMULATOR_RECORDS_HPP
#define OSSIFY_EMULATOR_RECORDS_HPP

#include <ossify/emulator/store.hpp>
#include <ossify/http/fields.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// The service's time: UTC, in milliseconds.
using service_time = std::chrono::sys_time<std::chrono::milliseconds>;

enum class object_type { normal, appendable, symlink, multipart };

/// As in the header x-oss-object-type.
inline std::string_view to_string(object_type t) noexcept
{
    switch (t) {
    case object_type::normal: return "Normal";
    case object_type::appendable: return "Appendable";
    case object_type::symlink: return "Symlink";
    case object_type::multipart: return "Multipart";
    }
    return "Normal";
}

/// What the request that makes an object says about it, besides its bytes.
class object_attributes {
public:
    object_attributes() = default;

    std::string content_type = "application/octet-stream";
    /// Headers that come back with the object: Cache-Control and its kin, x-oss-meta-*, encryption.
    http::fields headers;
    std::string acl = "default";  ///< default, private, public-read, public-read-write
    std::string storage_class = "Standard";
    std::vector<std::pair<std::string, std::string>> tags;
};

/// One object as it is stored. Replaced as a whole, never changed in place, so that a reader keeps what it began with.
class object_record {
public:
    object_record() = default;

    object_attributes attributes;
    content data;
    std::string etag;         ///< without quotes
    std::string content_md5;  ///< Base64; empty when the MD5 of the whole is not known
    std::uint64_t crc64 = 0;
    service_time modified{};
    object_type type = object_type::normal;
    std::string symlink_target;  ///< key in the same bucket, when type is symlink
};

/// One finished part of an upload.
class part_record {
public:
    part_record() = default;

    unsigned number = 0;  ///< 1..10000
    content data;
    std::string etag;  ///< without quotes
    std::uint64_t crc64 = 0;
    service_time modified{};
    unsigned received = 0;  ///< how often this number was stored in this upload
};

/// A multipart upload that is neither completed nor aborted.
class upload_record {
public:
    upload_record() = default;

    std::string id;  ///< 32 upper-case hexadecimal digits
    std::string key;
    object_attributes attributes;
    service_time initiated{};
    bool sequential = false;
    std::string initiator;  ///< account id
    std::map<unsigned, part_record> parts;
};

class bucket_record {
public:
    bucket_record() = default;

    std::string name;
    service_time created{};
    std::string acl = "private";  ///< private, public-read, public-read-write
    std::string storage_class = "Standard";
    std::string owner;  ///< account id
    std::map<std::string, std::shared_ptr<object_record const>, std::less<>> objects;
    /// By key, then upload id: the order of a listing.
    std::map<std::pair<std::string, std::string>, upload_record> uploads;
};

}  // namespace ossify::emulation

#endif
