#ifndef OSSIFY_AUTH_SIGNING_KEY_HPP
#define OSSIFY_AUTH_SIGNING_KEY_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/core/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
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
        std::string out;
        append_signature(out, string_to_sign);
        return out;
    }
    void append_signature(std::string& out, std::string_view string_to_sign) const
    {
        codec::hex_encode_lower_to(out, codec::as_chars(codec::hmac_sha256(bytes(), string_to_sign)));
    }

private:
    codec::sha256_digest bytes_{};
};

/// What version 4 signs with at one second, in the forms in which it is used. Thread safety: immutable.
class signing_moment {
public:
    signing_moment(codec::wall_time second, signing_scope const& scope, signing_key k)
        : when(second),
          http_date(codec::http_date(second)),
          timestamp(codec::iso_basic(second)),
          scope_text(scope.text(date())),
          key(k)
    {
    }

    /// YYYYMMDD.
    std::string_view date() const noexcept { return std::string_view(timestamp).substr(0, 8); }

    codec::wall_time const when;
    std::string const http_date;
    std::string const timestamp;   ///< as `codec::iso_basic`
    std::string const scope_text;  ///< as `signing_scope::text`
    signing_key const key;
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
        return entry_for(who, date, scope).key;
    }

    /// The key with the texts of a second, which are made once for all that is signed in it.
    std::shared_ptr<signing_moment const> at(codec::wall_time now, credentials const& who, signing_scope const& scope)
    {
        std::lock_guard const lock(mutex_);
        for (entry& e : entries_)
            if (e.latest && e.latest->when == now && e.is_for(who, scope)) {
                e.used = ++uses_;
                return e.latest;
            }
        entry& e = entry_for(who, std::string_view(codec::iso_basic(now)).substr(0, 8), scope);
        e.latest = std::make_shared<signing_moment const>(now, scope, e.key);
        return e.latest;
    }

    std::size_t size() const
    {
        std::lock_guard const lock(mutex_);
        return entries_.size();
    }

private:
    struct entry {
        bool is_for(credentials const& who, signing_scope const& s) const
        {
            return scope == s && digest == who.secret_digest();
        }

        codec::sha256_digest digest;
        std::string date;
        signing_scope scope;
        signing_key key;
        std::uint64_t used;
        std::shared_ptr<signing_moment const> latest;
    };

    entry& entry_for(credentials const& who, std::string_view date, signing_scope const& scope)
    {
        auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](entry const& e) { return e.date == date && e.is_for(who, scope); });
        if (found == entries_.end()) {
            if (entries_.size() == capacity_)
                entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                                [](entry const& a, entry const& b) { return a.used < b.used; }));
            entries_.push_back({who.secret_digest(), std::string(date), scope,
                                signing_key::derive(who.access_key_secret(), date, scope), 0, nullptr});
            found = std::prev(entries_.end());
        }
        found->used = ++uses_;
        return *found;
    }

    mutable std::mutex mutex_;
    std::vector<entry> entries_;
    std::size_t capacity_;
    std::uint64_t uses_ = 0;
};

}  // namespace ossify

#endif
