#ifndef OSSIFY_CALLBACK_GUARD_HPP
#define OSSIFY_CALLBACK_GUARD_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/core/result.hpp>
#include <ossify/core/secret.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ossify {

/// A proof of its own for callbacks, because the service's signature is weak (see `callback_verifier`): an HMAC-SHA256
/// over the object's key and an expiry. Who grants an upload issues it and sends it along as a custom variable; who
/// receives the callback checks it, with the same key. Whoever forges the service's signature still cannot call back
/// for an object for which nobody granted an upload, nor after its expiry.
///
///     ossify::callback_guard guard(key);
///     contract::to(url).set<&photo_stored::proof>(guard.issue(object, expires));          // uploader
///     server.on<contract>("/oss/photo", handler).guarded_by<&photo_stored::proof>(guard);  // application server
///
/// The uploading client sees the proof and can repeat it until it expires; `receiver_config::replay_guard` is for that.
/// Thread safety: const functions may be called from different threads. Source: RFC 2104.
class callback_guard {
public:
    /// Shorter keys can be guessed.
    static constexpr std::size_t least_key_bytes = 16;

    /// `scope` keeps proofs for one purpose, such as a bucket, from being good for another.
    /// Throws std::invalid_argument for a key of fewer than 16 bytes.
    explicit callback_guard(secret key, std::string scope = {}) : key_(std::move(key)), scope_(std::move(scope))
    {
        if (key_.reveal().size() < least_key_bytes)
            throw std::invalid_argument("the key of a callback_guard has at least 16 bytes");
    }

    /// Returns: the proof that an upload of `object` was granted; digits, letters and a dot, about 75 bytes.
    /// `expires` is compared when the callback arrives, after the upload: add the longest upload to the grant's time.
    /// Otherwise the object of a slow upload is stored and its callback refused.
    std::string issue(std::string_view object, codec::wall_time expires) const
    {
        std::string const seconds = std::to_string(expires.time_since_epoch().count());
        return seconds + '.' + seal(object, seconds);
    }

    /// Checks a proof, in a time that does not tell how much of it is right.
    /// Errors: callback_unverified: there is none, it is not for this object, or it has expired.
    result<void> check(std::string_view proof, std::string_view object, codec::wall_time now) const
    {
        if (proof.empty())
            return failure(errc::callback_unverified, "the callback has no proof of its grant");
        auto const seconds = proof.substr(0, proof.find('.'));
        std::string const wanted = std::string(seconds) + '.' + seal(object, seconds);
        if (!codec::constant_time_equal(proof, wanted))
            return failure(errc::callback_unverified, "the proof of the grant is not for this object, or not from here");
        std::int64_t expires = 0;
        auto const [end, ec] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), expires);
        if (ec != std::errc() || end != seconds.data() + seconds.size() ||
            now.time_since_epoch() >= std::chrono::seconds(expires))
            return failure(errc::callback_unverified, "the proof of the grant has expired");
        return {};
    }

private:
    // The object comes last: it may hold any byte.
    std::string seal(std::string_view object, std::string_view seconds) const
    {
        std::string text = "ossify-callback-guard-1\n" + std::to_string(scope_.size()) + '\n' + scope_ + '\n';
        text.append(seconds).append("\n").append(object);
        auto const sum = codec::hmac_sha256(key_.reveal(), text);
        return codec::hex_encode_lower({reinterpret_cast<char const*>(sum.data()), sum.size()});
    }

    secret key_;
    std::string scope_;
};

}  // namespace ossify

#endif
