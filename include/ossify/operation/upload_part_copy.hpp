#ifndef OSSIFY_OPERATION_UPLOAD_PART_COPY_HPP
#define OSSIFY_OPERATION_UPLOAD_PART_COPY_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/operation/upload_part.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Makes a part from bytes of an object that the service has already. Same region only.
/// Thread safety: a value. Source: OSS documentation, UploadPartCopy.
class upload_part_copy {
public:
    static constexpr std::string_view operation = "UploadPartCopy";

    upload_part_copy() = default;
    upload_part_copy(multipart_upload of, unsigned part_number) : upload(std::move(of)), number(part_number) {}

    multipart_upload upload;
    unsigned number = 0;  ///< 1..10000
    std::string source_bucket;
    std::string source_key;
    std::string source_version_id;    ///< empty: the newest
    std::uint64_t first_byte = 0;     ///< of the source
    std::uint64_t bytes = 0;          ///< 0: the whole source, and then `first_byte` must be 0
    std::string if_match;             ///< an ETag; the copy fails with `precondition_failed` when the source has another
    std::string if_none_match;
    std::optional<codec::wall_time> if_modified_since;
    std::optional<codec::wall_time> if_unmodified_since;

    /// Errors: `invalid_argument`.
    result<service_request> encode() const
    {
        auto out = detail::request_for(upload, operation, http::method::put);
        if (!out)
            return out;
        if (auto ok = detail::check_part_number(number, operation); !ok)
            return std::move(ok).error();
        if (source_bucket.empty() || source_key.empty())
            return failure(errc::invalid_argument, "no source to copy from").in(operation);
        if (bytes == 0 && first_byte != 0)
            return failure(errc::invalid_argument, "a range to copy needs a length").in(operation);
        out->query.append("partNumber", std::to_string(number));
        out->query.append("uploadId", upload.upload_id);
        std::string source = "/" + source_bucket + "/" + codec::percent_encode_path(source_key);
        if (!source_version_id.empty())
            source += "?versionId=" + codec::percent_encode(source_version_id);
        out->headers.append("x-oss-copy-source", source);
        if (bytes != 0)
            out->headers.append_valid("x-oss-copy-source-range", "bytes=" + std::to_string(first_byte) + "-" +
                                                                     std::to_string(first_byte + bytes - 1));
        if (!if_match.empty())
            out->headers.append("x-oss-copy-source-if-match", if_match);
        if (!if_none_match.empty())
            out->headers.append("x-oss-copy-source-if-none-match", if_none_match);
        if (if_modified_since)
            out->headers.append_valid("x-oss-copy-source-if-modified-since", codec::http_date(*if_modified_since));
        if (if_unmodified_since)
            out->headers.append_valid("x-oss-copy-source-if-unmodified-since", codec::http_date(*if_unmodified_since));
        return out;
    }

    /// The receipt. The service gives no checksum for a copied part.
    /// Errors: those of the service; `bad_answer` when the answer has no ETag.
    result<part> decode(http::response_head const& head, std::string_view body) const
    {
        if (head.status != 200)
            return detail::concerning(decode_error(operation, head, body), upload, number);
        auto const document = codec::xml_document::parse(body);
        part out(number, document ? unquoted(document->root().child_text("ETag")) : std::string(), bytes);
        if (out.etag.empty())
            return detail::concerning(failure(errc::bad_answer, "the answer has no ETag").in(operation), upload,
                                      number);
        return out;
    }
};

}  // namespace ossify

#endif
