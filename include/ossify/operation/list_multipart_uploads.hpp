#ifndef OSSIFY_OPERATION_LIST_MULTIPART_UPLOADS_HPP
#define OSSIFY_OPERATION_LIST_MULTIPART_UPLOADS_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/operation/answer.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/service_request.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// An upload that was begun and is neither completed nor given up.
class listed_upload {
public:
    listed_upload() = default;

    multipart_upload upload;
    std::string initiated;  ///< as the service writes it: 2012-02-23T07:01:34.000Z
};

class uploads_page {
public:
    uploads_page() = default;

    std::vector<listed_upload> items;          ///< by key, then by upload id
    std::vector<std::string> common_prefixes;  ///< only with a delimiter
    bool truncated = false;                    ///< there are more
    std::string next_key;                      ///< the markers of the next page
    std::string next_upload_id;
};

/// Asks which uploads of a bucket are open.
/// Thread safety: a value. Source: OSS documentation, ListMultipartUploads.
class list_multipart_uploads {
public:
    static constexpr std::string_view operation = "ListMultipartUploads";

    list_multipart_uploads() = default;
    explicit list_multipart_uploads(std::string bucket_name, std::string key_prefix = {})
        : bucket(std::move(bucket_name)), prefix(std::move(key_prefix))
    {
    }

    std::string bucket;
    std::string prefix;
    std::string delimiter;
    unsigned page_size = 1000;    ///< 1..1000
    std::string after_key;        ///< markers: only what comes after them
    std::string after_upload_id;  ///< counts only with `after_key`
    bool requester_pays = false;

    /// Errors: `invalid_argument`.
    result<service_request> encode() const
    {
        if (page_size < 1 || page_size > 1000)
            return failure(errc::invalid_argument, "a page has 1 to 1000 uploads").in(operation);
        service_request out(operation, http::method::get, bucket);
        out.query.append("uploads");
        out.query.append("encoding-type", "url");
        out.query.append("max-uploads", std::to_string(page_size));
        auto const append = [&out](std::string_view name, std::string const& value) {
            if (!value.empty())
                out.query.append(name, value);
        };
        append("prefix", prefix);
        append("delimiter", delimiter);
        append("key-marker", after_key);
        append("upload-id-marker", after_upload_id);
        if (requester_pays)
            out.headers.append_valid("x-oss-request-payer", "requester");
        return out;
    }

    /// Errors: those of the service; `bad_answer` for an answer that is no such list, or whose markers do not move on.
    result<uploads_page> decode(http::response_head const& head, std::string_view body) const
    {
        if (head.status != 200)
            return decode_error(operation, head, body);
        auto const bad = [](std::string why) { return failure(errc::bad_answer, std::move(why)).in(operation); };
        auto const document = codec::xml_document::parse(body);
        if (!document || document->root().name() != "ListMultipartUploadsResult")
            return bad("the answer is no ListMultipartUploadsResult");
        auto const root = document->root();
        bool const encoded = root.child_text("EncodingType") == "url";
        auto const text = [encoded](codec::xml_node const& node, std::string_view name) -> result<std::string> {
            std::string const raw = node.child_text(name);
            if (!encoded)
                return raw;
            return codec::form_decode(raw);  // no plain '+' is ever written: it is a space, if it comes
        };
        uploads_page out;
        for (auto const& node : root.children("Upload")) {
            auto key = text(node, "Key");
            if (!key)
                return bad("a key with a bad escape");
            listed_upload item;
            item.upload = multipart_upload(bucket, *std::move(key), node.child_text("UploadId"));
            item.initiated = node.child_text("Initiated");
            out.items.push_back(std::move(item));
        }
        for (auto const& node : root.children("CommonPrefixes")) {
            auto common = text(node, "Prefix");
            if (!common)
                return bad("a prefix with a bad escape");
            out.common_prefixes.push_back(*std::move(common));
        }
        out.truncated = root.child_text("IsTruncated") == "true";
        if (out.truncated) {
            auto next = text(root, "NextKeyMarker");
            if (!next)
                return bad("a marker with a bad escape");
            out.next_key = *std::move(next);
            out.next_upload_id = root.child_text("NextUploadIdMarker");
            bool const moves = out.next_key != after_key || out.next_upload_id != after_upload_id;
            if (out.next_key.empty() || !moves)
                return bad("the list goes on without saying where");
        }
        return out;
    }
};

}  // namespace ossify

#endif
