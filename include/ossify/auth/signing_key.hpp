#ifndef OSSIFY_AUTH_SIGNING_KEY_HPP
#define OSSIFY_AUTH_SIGNING_KEY_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/core/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// Which service a signature of version 4 is for.
class signing_scope {
public:
    signing_scope() = default;
    explicit signing_scope(std::string region_id, std::string product_name = "oss")
        : region(std::move(region_id)), product(std::move(product_name))
    {
    }

    /// `{date}/{region}/{product}/aliyun_v4_request`; `date` has the form YYYYMMDD.
    std::string text(std::string_view date) const
    {
        std::string out;
        out.reserve(64);
        out.append(date).append(1, '/').append(region).append(1, '/').append(product).append(1, '/');
        return out.append(canonical::v4_terminator);
    }

    std::string region;           ///< the bare id, "cn-hangzhou", or the id of a cloud box
    std::string product = "oss";  ///< "oss" or "oss-cloudbox"

    friend bool operator==(signing_scope const&, signing_scope const&) = default;
};

/// The key that version 4 derives from a secret for one day, region and product. Wiped when it goes.
class signing_key {
public:
    signing_key() noexcept = default;
    /// Source: OSS documentation, "Signature V4", signing key.
    static signing_key derive(secret const& access_key_secret, std::string_view date, signing_scope const& scope)
    {
        std::string seed = "aliyun_v4";
        seed.reserve(seed.size() + access_key_secret.reveal().size());
        seed += access_key_secret.reveal();
        signing_key out;
        out.bytes_ = codec::hmac_sha256(seed, date);
        detail::wipe(seed.data(), seed.size());
        out.bytes_ = codec::hmac_sha256(out.bytes(), scope.region);
        out.bytes_ = codec::hmac_sha256(out.bytes(), scope.product);
        out.bytes_ = codec::hmac_sha256(out.bytes(), canonical::v4_terminator);
        return out;
    }

    signing_key(signing_key const&) noexcept = default;
    signing_key& operator=(signing_key const&) noexcept = default;
    ~signing_key() { detail::wipe(bytes_.data(), bytes_.size()); }

    std::string_view bytes() const noexcept { return codec::as_chars(bytes_); }

    /// The signature of a string to sign, 64 lower-case hexadecimal digits.
    std::string sign(std::string_view string_to_sign) const
    {
        return codec::hex_encode_lower(codec::as_chars(codec::hmac_sha256(bytes(), string_to_sign)));
    }

private:
    codec::sha256_digest bytes_{};
};

/// Remembers the signing keys in use, so that a signature costs one HMAC instead of five. Holds a few keys; the one
/// unused for longest goes first. Thread safety: monitor.
class signing_key_cache {
public:
    explicit signing_key_cache(std::size_t capacity = 8) : capacity_(std::max<std::size_t>(capacity, 1))
    {
        entries_.reserve(capacity_);
    }

    signing_key get(credentials const& who, std::string_view date, signing_scope const& scope)
    {
        std::lock_guard const lock(mutex_);
        auto const found = std::find_if(entries_.begin(), entries_.end(), [&](entry const& e) {
            return e.date == date && e.scope == scope && e.digest == who.secret_digest();
        });
        if (found != entries_.end()) {
            found->used = ++uses_;
            return found->key;
        }
        if (entries_.size() == capacity_)
            entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                            [](entry const& a, entry const& b) { return a.used < b.used; }));
        entries_.push_back({who.secret_digest(), std::string(date), scope,
                            signing_key::derive(who.access_key_secret(), date, scope), ++uses_});
        return entries_.back().key;
    }

    std::size_t size() const
    {
        std::lock_guard const lock(mutex_);
        return entries_.size();
    }

private:
    struct entry {
        codec::sha256_digest digest;
        std::string date;
        signing_scope scope;
        signing_key key;
        std::uint64_t used;
    };

    mutable std::mutex mutex_;
    std::vector<entry> entries_;
    std::size_t capacity_;
    std::uint64_t uses_ = 0;
};

}  // namespace ossify

#endif
