#ifndef OSSIFY_OPERATION_UPLOAD_PART_HPP
#define OSSIFY_OPERATION_UPLOAD_PART_HPP

#include <ossify/operation/answer.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/part.hpp>
#include <ossify/operation/traffic_limit.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

namespace detail {

inline result<void> check_part_number(unsigned number, std::string_view operation)
{
    if (number >= 1 && number <= max_part_number)
        return {};
    return failure(errc::invalid_argument, "part number " + std::to_string(number) + " is not within 1 to 10000")
        .in(operation);
}

}  // namespace detail

/// Sends one part. The same number again replaces the part.
/// Thread safety: a value. Source: OSS documentation, UploadPart.
class upload_part {
public:
    static constexpr std::string_view operation = "UploadPart";

    upload_part() = default;
    upload_part(multipart_upload of, unsigned part_number) : upload(std::move(of)), number(part_number) {}

    multipart_upload upload;
    unsigned number = 0;              ///< 1..10000
    std::uint64_t traffic_limit = 0;  ///< bit/s, at the service; 0: none
    std::string content_md5;          ///< Base64; empty: none, the CRC-64 of the answer is compared instead
    bool requester_pays = false;

    /// Errors: `invalid_argument`.
    result<service_request> encode() const
    {
        auto out = detail::request_for(upload, operation, http::method::put);
        if (!out)
            return out;
        if (auto ok = detail::check_part_number(number, operation); !ok)
            return std::move(ok).error();
        if (auto ok = detail::check_traffic_limit(traffic_limit); !ok)
            return std::move(ok).error().in(operation);
        out->query.append("partNumber", std::to_string(number));
        out->query.append("uploadId", upload.upload_id);
        if (!content_md5.empty())
            out->headers.append("Content-MD5", content_md5);
        if (traffic_limit != 0)
            out->headers.append_valid("x-oss-traffic-limit", std::to_string(traffic_limit));
        if (requester_pays)
            out->headers.append_valid("x-oss-request-payer", "requester");
        return out;
    }

    /// The receipt, with the service's checksum if it gave one. `bytes` is how much was sent.
    /// Errors: those of the service; `bad_answer` when the answer has no ETag.
    result<part> decode(http::response_head const& head, std::string_view body, std::uint64_t bytes) const
    {
        if (head.status != 200)
            return detail::concerning(decode_error(operation, head, body), upload, number);
        part out(number, unquoted(head.headers.get("ETag")), bytes);
        auto const bad = [this](char const* why) {
            return detail::concerning(failure(errc::bad_answer, why).in(operation), upload, number);
        };
        if (out.etag.empty())
            return bad("the answer has no ETag");
        if (auto const text = head.headers.find("x-oss-hash-crc64ecma")) {
            out.crc64 = detail::number_in<std::uint64_t>(*text);
            if (!out.crc64)
                return bad("x-oss-hash-crc64ecma is no number");
        }
        return out;
    }
};

}  // namespace ossify

#endif
