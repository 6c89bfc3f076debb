#ifndef OSSIFY_UPLOAD_MULTIPART_REQUESTS_HPP
#define OSSIFY_UPLOAD_MULTIPART_REQUESTS_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/operation/complete_multipart_upload.hpp>
#include <ossify/operation/initiate_multipart_upload.hpp>
#include <ossify/operation/list_multipart_uploads.hpp>
#include <ossify/operation/list_parts.hpp>
#include <ossify/operation/upload_part.hpp>
#include <ossify/operation/upload_part_copy.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/upload/body_setters.hpp>
#include <ossify/upload/object_setters.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ossify {

/// Begins a multipart upload: how the object is to be stored is said here.
class initiate_multipart_upload_request : public object_setters<initiate_multipart_upload_request> {
public:
    initiate_multipart_upload_request(std::string bucket, std::string key)
        : operation_(std::move(bucket), std::move(key))
    {
    }

    /// The parts will come in order; the service can then give the MD5 of the whole object.
    initiate_multipart_upload_request& sequential(bool v = true) { return set(operation_.sequential, v); }

    initiate_multipart_upload prepare() const
    {
        initiate_multipart_upload out = operation_;
        out.object = headers_;
        return out;
    }

private:
    initiate_multipart_upload operation_;
};

/// Sends one part. Without a body the part is empty.
class upload_part_request : public body_setters<upload_part_request> {
public:
    /// `number`: 1..10000.
    upload_part_request(multipart_upload upload, unsigned number) : operation_(std::move(upload), number) {}

    /// Only the bytes [first, first + count) of the body. Errors: the operation gives `errc::invalid_argument`, and sends
    /// nothing, where the body has not all of them.
    upload_part_request& range(std::uint64_t first, std::uint64_t count)
    {
        range_.emplace(first, count);
        return *this;
    }
    /// The service's own limit, bit/s: `min_traffic_limit` to `max_traffic_limit`; 0: none.
    upload_part_request& traffic_limit(std::uint64_t bits_per_second)
    {
        operation_.traffic_limit = bits_per_second;
        return *this;
    }
    /// Base64 of the part's MD5, for the service to check.
    upload_part_request& content_md5(std::string base64)
    {
        operation_.content_md5 = std::move(base64);
        return *this;
    }
    upload_part_request& requester_pays(bool v = true)
    {
        operation_.requester_pays = v;
        return *this;
    }
    /// Whether the CRC-64 of what was sent is compared with the service's. Default: yes.
    upload_part_request& check_crc64(bool v)
    {
        crc_ = v;
        return *this;
    }

    upload_part const& operation() const noexcept { return operation_; }
    content sends() const { return range_ ? content(body_, range_->first, range_->second) : content(body_); }
    bool checks_crc64() const noexcept { return crc_; }

private:
    friend class body_setters<upload_part_request>;

    void take_body(ossify::body b, std::string) { body_ = std::move(b); }

    upload_part operation_;
    ossify::body body_;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> range_;  // first byte, count
    bool crc_ = true;
};

/// Makes a part from bytes that the service has already, in the same region.
class upload_part_copy_request {
public:
    /// `number`: 1..10000.
    upload_part_copy_request(multipart_upload upload, unsigned number) : operation_(std::move(upload), number) {}

    upload_part_copy_request& from(std::string bucket, std::string key, std::string version_id = {})
    {
        operation_.source_bucket = std::move(bucket);
        operation_.source_key = std::move(key);
        operation_.source_version_id = std::move(version_id);
        return *this;
    }
    /// Only the bytes [first, first + count) of the source.
    upload_part_copy_request& range(std::uint64_t first, std::uint64_t count)
    {
        operation_.first_byte = first;
        operation_.bytes = count;
        return *this;
    }
    /// Fails with `errc::precondition_failed` when the source has another ETag.
    upload_part_copy_request& if_match(std::string etag)
    {
        operation_.if_match = std::move(etag);
        return *this;
    }
    upload_part_copy_request& if_none_match(std::string etag)
    {
        operation_.if_none_match = std::move(etag);
        return *this;
    }
    upload_part_copy_request& if_modified_since(codec::wall_time t)
    {
        operation_.if_modified_since = t;
        return *this;
    }
    upload_part_copy_request& if_unmodified_since(codec::wall_time t)
    {
        operation_.if_unmodified_since = t;
        return *this;
    }

    upload_part_copy const& operation() const noexcept { return operation_; }

private:
    upload_part_copy operation_;
};

/// Makes the parts one object; the callback is called now.
/// `Reply` is deduced from the callback: the struct that the application server answers with.
template<class Reply = void>
class complete_multipart_upload_request {
public:
    explicit complete_multipart_upload_request(multipart_upload upload) : operation_(std::move(upload)) {}

    /// The receipts, in any order.
    complete_multipart_upload_request& parts(std::vector<part> receipts)
    {
        operation_.parts = std::move(receipts);
        return *this;
    }
    complete_multipart_upload_request& add(part receipt)
    {
        operation_.parts.push_back(std::move(receipt));
        return *this;
    }
    /// Takes every part that the service has, instead of a list.
    complete_multipart_upload_request& all_parts(bool v = true)
    {
        operation_.all_parts = v;
        return *this;
    }
    complete_multipart_upload_request& acl(object_acl v)
    {
        operation_.acl = v;
        return *this;
    }
    complete_multipart_upload_request& forbid_overwrite(bool v = true)
    {
        operation_.forbid_overwrite = v;
        return *this;
    }
    complete_multipart_upload_request& requester_pays(bool v = true)
    {
        operation_.requester_pays = v;
        return *this;
    }
    /// Whether the CRC-64 of the whole, as the receipts tell it, is compared with the service's. Default: yes.
    complete_multipart_upload_request& check_crc64(bool v)
    {
        crc_ = v;
        return *this;
    }

    /// Has OSS call an application server when the object is stored, and return its answer.
    /// Returns: the request, with the type of that answer.
    template<upload_callback Callback>
    [[nodiscard]] complete_multipart_upload_request<callback_reply_t<Callback>> callback(Callback const& c) const
    {
        detail::require_complete<Callback>();
        complete_multipart_upload_request<callback_reply_t<Callback>> typed(operation_.upload);
        typed.operation_ = operation_;
        typed.crc_ = crc_;
        auto encoded = c.encode();
        if (encoded)
            typed.operation_.callback = *std::move(encoded);
        else
            typed.refused_ = std::move(encoded).error();
        return typed;
    }

    complete_multipart_upload const& operation() const noexcept { return operation_; }
    bool checks_crc64() const noexcept { return crc_; }
    std::optional<failure> const& refused() const noexcept { return refused_; }

private:
    template<class>
    friend class complete_multipart_upload_request;

    complete_multipart_upload operation_;
    std::optional<failure> refused_;
    bool crc_ = true;
};

}  // namespace ossify

#endif
