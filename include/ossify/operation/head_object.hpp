#ifndef OSSIFY_OPERATION_HEAD_OBJECT_HPP
#define OSSIFY_OPERATION_HEAD_OBJECT_HPP

#include <ossify/codec/date.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/http/syntax.hpp>
#include <ossify/operation/answer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// What the service tells about an object.
class object_info {
public:
    object_info() = default;

    std::string etag;                    ///< without quotes
    std::uint64_t bytes = 0;             ///< length of the whole object
    std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ of the whole object
    std::string content_type;
    std::string content_encoding;
    std::string object_type;             ///< "Normal", "Multipart", "Appendable", "Symlink"
    std::string storage_class;
    std::string version_id;
    std::string request_id;
    std::optional<codec::wall_time> last_modified;
    std::vector<std::pair<std::string, std::string>> metadata;  ///< names without `x-oss-meta-`, in lower case
};

/// Reads the headers of an answer to HeadObject or GetObject.
inline result<object_info> decode_head_object(http::response_head const& head)
{
    static constexpr std::string_view meta = "x-oss-meta-";
    object_info out;
    auto const& h = head.headers;
    out.etag = unquoted(h.get("ETag"));
    std::string_view length = h.get("Content-Length");
    if (auto const range = h.find("Content-Range"))  // bytes a-b/whole
        length = range->substr(range->find('/') + 1);
    auto const bytes = detail::number_in<std::uint64_t>(length);
    if (!bytes)
        return failure(errc::bad_answer, "the object's length is missing or no number");
    out.bytes = *bytes;
    if (auto const crc = h.find("x-oss-hash-crc64ecma"))
        out.crc64 = detail::number_in<std::uint64_t>(*crc);
    out.content_type = h.get("Content-Type");
    out.content_encoding = h.get("Content-Encoding");
    out.object_type = h.get("x-oss-object-type");
    out.storage_class = h.get("x-oss-storage-class");
    out.version_id = h.get("x-oss-version-id");
    out.request_id = h.get("x-oss-request-id");
    if (auto const date = codec::parse_http_date(h.get("Last-Modified")))
        out.last_modified = *date;
    for (auto const [name, value] : h) {
        if (name.size() <= meta.size() || !http::iequals(name.substr(0, meta.size()), meta))
            continue;
        out.metadata.emplace_back(ascii::lower_case(std::string(name.substr(meta.size()))), value);
    }
    return out;
}

}  // namespace ossify

#endif
