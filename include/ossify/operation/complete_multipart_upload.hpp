#ifndef OSSIFY_OPERATION_COMPLETE_MULTIPART_UPLOAD_HPP
#define OSSIFY_OPERATION_COMPLETE_MULTIPART_UPLOAD_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/object_headers.hpp>
#include <ossify/operation/part.hpp>
#include <ossify/operation/put_object.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

namespace detail {

inline std::vector<part const*> in_order(std::vector<part> const& parts)
{
    std::vector<part const*> sorted;
    sorted.reserve(parts.size());
    for (part const& p : parts)
        sorted.push_back(&p);
    std::sort(sorted.begin(), sorted.end(), [](part const* a, part const* b) { return a->number < b->number; });
    return sorted;
}

/// The length of an object that is made of these parts; nothing when that of a part is unknown.
inline std::optional<std::uint64_t> bytes_of(std::vector<part> const& parts)
{
    std::uint64_t all = 0;
    for (part const& p : parts) {
        if (p.bytes == 0 && !p.crc64)
            return std::nullopt;
        all += p.bytes;
    }
    return parts.empty() ? std::nullopt : std::optional(all);
}

}  // namespace detail

/// The CRC-64 of an object that is made of these parts, given in any order; nothing when that of a part is unknown.
inline std::optional<std::uint64_t> combined_crc64(std::vector<part> const& parts)
{
    std::uint64_t all = 0;
    for (part const* p : detail::in_order(parts)) {
        if (!p->crc64)
            return std::nullopt;
        all = crc64_combine(all, *p->crc64, p->bytes);
    }
    return all;
}

/// Makes the parts one object. The callback, if any, is called now.
/// Thread safety: a value. Source: OSS documentation, CompleteMultipartUpload.
class complete_multipart_upload {
public:
    static constexpr std::string_view operation = "CompleteMultipartUpload";

    complete_multipart_upload() = default;
    explicit complete_multipart_upload(multipart_upload of) : upload(std::move(of)) {}

    multipart_upload upload;
    std::vector<part> parts;   ///< in any order; empty only with `all_parts`
    bool all_parts = false;    ///< the service takes every part that it has, in order of their numbers
    std::optional<object_acl> acl;
    bool forbid_overwrite = false;
    bool requester_pays = false;
    encoded_callback callback;

    /// A request and the text that it carries.
    class encoded {
    public:
        encoded() = default;

        service_request request;
        std::string body;
    };

    /// The request without the list of parts. Errors: `invalid_argument` for an upload without an id.
    result<service_request> encode_head() const
    {
        auto out = detail::request_for(upload, operation, http::method::post);
        if (!out)
            return out;
        out->query.append("uploadId", upload.upload_id);
        if (acl)
            out->headers.append_valid("x-oss-object-acl", to_string(*acl));
        if (forbid_overwrite)
            out->headers.append_valid("x-oss-forbid-overwrite", "true");
        if (requester_pays)
            out->headers.append_valid("x-oss-request-payer", "requester");
        out->attach(callback);
        if (all_parts)
            out->headers.append_valid("x-oss-complete-all", "yes");
        return out;
    }

    /// Errors: `invalid_argument` for no part, one without an ETag, or a number that comes twice.
    result<encoded> encode() const
    {
        auto head = encode_head();
        if (!head)
            return std::move(head).error();
        encoded out;
        out.request = *std::move(head);
        if (all_parts) {
            if (!parts.empty())
                return refuse("either a list of parts or all parts");
            return out;
        }
        if (auto ok = write_list(out.body); !ok)
            return std::move(ok).error();
        out.request.headers.append_valid("Content-Type", "application/xml");
        out.request.headers.append_valid("Content-MD5", codec::base64_encode(codec::as_chars(codec::md5(out.body))));
        return out;
    }

    /// Reads the answer. Length and number of parts are those of the list, as far as it tells them.
    /// Errors: those of the service. A 203 is none: see `decode_stored`.
    result<stored_object<>> decode(service_request const& request, http::response_head const& head,
                                   std::string body) const
    {
        std::string etag;
        if (head.status < 300 && !request.carries_callback && head.headers.get("ETag").empty()) {
            auto const document = codec::xml_document::parse(body);
            if (document && document->root().name() == "Error")
                return detail::concerning(decode_error(operation, head, body), upload);
            if (document)
                etag = unquoted(document->root().child_text("ETag"));
        }
        auto out = decode_stored(request, head, std::move(body), std::move(etag));
        if (!out)
            return detail::concerning(std::move(out).error(), upload);
        out->parts = static_cast<unsigned>(parts.size());
        out->bytes = detail::bytes_of(parts).value_or(0);
        return out;
    }

private:
    result<void> write_list(std::string& out) const
    {
        auto const sorted = detail::in_order(parts);
        if (sorted.empty())
            return refuse("no parts");
        codec::xml_writer xml;
        xml.open("CompleteMultipartUpload");
        unsigned before = 0;
        for (part const* p : sorted) {
            if (p->number < 1 || p->number > max_part_number)
                return refuse("part number " + std::to_string(p->number) + " is not within 1 to 10000");
            if (p->number == before)
                return refuse("part " + std::to_string(p->number) + " comes twice");
            if (p->etag.empty())
                return refuse("part " + std::to_string(p->number) + " has no ETag");
            before = p->number;
            xml.open("Part");
            xml.element("PartNumber", std::to_string(p->number));
            xml.element("ETag", "\"" + p->etag + "\"");
            xml.close();
        }
        out = xml.finish();
        return {};
    }

    failure refuse(std::string why) const
    {
        return detail::concerning(failure(errc::invalid_argument, std::move(why)).in(operation), upload);
    }
};

}  // namespace ossify

#endif
