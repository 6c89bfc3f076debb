#ifndef OSSIFY_UPLOAD_OBJECT_SETTERS_HPP
#define OSSIFY_UPLOAD_OBJECT_SETTERS_HPP

#include <ossify/operation/object_headers.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace ossify {

/// The setters that all requests which store an object share; each returns the request, so that they chain.
template<class Request>
class object_setters {
public:
    /// Default: guessed from the key's extension.
    Request& content_type(std::string v) { return set(headers_.content_type, std::move(v)); }
    Request& cache_control(std::string v) { return set(headers_.cache_control, std::move(v)); }
    Request& content_disposition(std::string v) { return set(headers_.content_disposition, std::move(v)); }
    Request& content_encoding(std::string v) { return set(headers_.content_encoding, std::move(v)); }
    Request& expires(codec::wall_time v) { return set(headers_.expires, v); }
    /// A user's header, sent as `x-oss-meta-NAME`. Names: letters, digits, hyphens; 8 KB in all.
    Request& metadata(std::string name, std::string value)
    {
        headers_.metadata.emplace_back(std::move(name), std::move(value));
        return self();
    }
    /// At most 10; a name has up to 128 bytes, a value up to 256.
    Request& tag(std::string name, std::string value)
    {
        headers_.tags.emplace_back(std::move(name), std::move(value));
        return self();
    }
    Request& acl(object_acl v) { return set(headers_.acl, v); }
    Request& storage(ossify::storage_class v) { return set(headers_.storage, v); }
    Request& encryption(server_side_encryption v) { return set(headers_.encryption, v); }
    /// KMS with a key of one's own.
    Request& encryption_key_id(std::string v)
    {
        headers_.encryption = server_side_encryption::kms;
        return set(headers_.encryption_key_id, std::move(v));
    }
    /// An existing object makes the request fail with `errc::object_exists`.
    Request& forbid_overwrite(bool v = true) { return set(headers_.forbid_overwrite, v); }
    Request& requester_pays(bool v = true) { return set(headers_.requester_pays, v); }
    /// The service's own limit for this upload, bit/s: `min_traffic_limit` to `max_traffic_limit`; 0: none.
    /// Errors: outside, the operation gives `errc::invalid_argument` and sends nothing.
    Request& traffic_limit(std::uint64_t bits_per_second) { return set(headers_.traffic_limit, bits_per_second); }
    /// Any other header, sent as it is. Errors: throws std::invalid_argument for what no header may hold.
    Request& header(std::string_view name, std::string_view value)
    {
        headers_.extra.set(name, value);
        return self();
    }

    object_headers const& headers() const noexcept { return headers_; }

protected:
    object_setters() = default;
    explicit object_setters(object_headers const& headers) : headers_(headers) {}

    template<class Member, class Value>
    Request& set(Member& member, Value&& value)
    {
        member = std::forward<Value>(value);
        return self();
    }

    Request& self() noexcept { return static_cast<Request&>(*this); }

    object_headers headers_;
};

}  // namespace ossify

#endif
