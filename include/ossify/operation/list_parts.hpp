#ifndef OSSIFY_OPERATION_LIST_PARTS_HPP
#define OSSIFY_OPERATION_LIST_PARTS_HPP

#include <ossify/codec/xml.hpp>
#include <ossify/operation/answer.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/part.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// A page of a listing, and where the next one begins.
class parts_page {
public:
    parts_page() = default;

    std::vector<part> items;         ///< in order of their numbers
    bool truncated = false;          ///< there are more
    unsigned next_after = 0;         ///< the marker of the next page
    std::string storage_class;
};

/// Asks which parts the service has of an upload.
/// Thread safety: a value. Source: OSS documentation, ListParts.
class list_parts {
public:
    static constexpr std::string_view operation = "ListParts";

    list_parts() = default;
    explicit list_parts(multipart_upload of) : upload(std::move(of)) {}

    multipart_upload upload;
    unsigned page_size = 1000;  ///< 1..1000
    unsigned after = 0;         ///< only parts with larger numbers
    bool requester_pays = false;

    /// Errors: `invalid_argument`.
    result<service_request> encode() const
    {
        auto out = detail::request_for(upload, operation, http::method::get);
        if (!out)
            return out;
        if (page_size < 1 || page_size > 1000)
            return failure(errc::invalid_argument, "a page has 1 to 1000 parts").in(operation);
        out->query.append("uploadId", upload.upload_id);
        out->query.append("max-parts", std::to_string(page_size));
        if (after != 0)
            out->query.append("part-number-marker", std::to_string(after));
        out->query.append("encoding-type", "url");
        if (requester_pays)
            out->headers.append_valid("x-oss-request-payer", "requester");
        return out;
    }

    /// Errors: those of the service; `bad_answer` for an answer that is no such list, or whose marker does not move on.
    result<parts_page> decode(http::response_head const& head, std::string_view body) const
    {
        if (head.status != 200)
            return detail::concerning(decode_error(operation, head, body), upload);
        auto const bad = [this](std::string why) {
            return detail::concerning(failure(errc::bad_answer, std::move(why)).in(operation), upload);
        };
        auto const document = codec::xml_document::parse(body);
        if (!document || document->root().name() != "ListPartsResult")
            return bad("the answer is no ListPartsResult");
        auto const root = document->root();
        parts_page out;
        out.truncated = root.child_text("IsTruncated") == "true";
        out.storage_class = root.child_text("StorageClass");
        for (auto const& node : root.children("Part")) {
            auto const number = detail::number_in<unsigned>(node.child_text("PartNumber"));
            auto const bytes = detail::number_in<std::uint64_t>(node.child_text("Size"));
            if (!number || !bytes)
                return bad("a part without number or size");
            out.items.emplace_back(*number, unquoted(node.child_text("ETag")), *bytes,
                                   detail::number_in<std::uint64_t>(node.child_text("HashCrc64ecma")));
        }
        if (out.truncated) {
            out.next_after = detail::number_in<unsigned>(root.child_text("NextPartNumberMarker")).value_or(0);
            if (out.next_after <= after)
                return bad("the list goes on without saying where");
        }
        return out;
    }
};

}  // namespace ossify

#endif
