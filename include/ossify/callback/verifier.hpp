#ifndef OSSIFY_CALLBACK_VERIFIER_HPP
#define OSSIFY_CALLBACK_VERIFIER_HPP

#include <ossify/callback/signature.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/core/printable.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// The URL of the key that the service signs callbacks with.
inline constexpr std::string_view callback_key_url = "https://gosspublic.alicdn.com/callback_pub_key_v1.pem";

/// A copy of that key. A receiver tries it first, without a fetch; a signature that it does not fit makes the receiver
/// look for a newer one at the URL.
/// Source: OSS documentation, "Callback"; it verifies the worked example there.
inline constexpr std::string_view callback_key_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs\n"
    "C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";

/// What the check of a callback request came to.
enum class callback_verdict {
    genuine = 1,          ///< the signature is right
    no_key_url,           ///< no `x-oss-pub-key-url`
    malformed_key_url,    ///< `x-oss-pub-key-url` is no Base64
    untrusted_key_url,    ///< the key is offered from a place that is not trusted
    no_signature,         ///< no `Authorization`
    malformed_signature,  ///< `Authorization` is no Base64
    malformed_target,     ///< the request target cannot have been signed
    wrong_signature,      ///< target or body are not what the key's owner signed
};

/// The verdict in words, for a log.
constexpr std::string_view to_string(callback_verdict verdict) noexcept
{
    switch (verdict) {
    case callback_verdict::genuine: return "genuine";
    case callback_verdict::no_key_url: return "the header x-oss-pub-key-url is missing";
    case callback_verdict::malformed_key_url: return "the header x-oss-pub-key-url is not Base64";
    case callback_verdict::untrusted_key_url: return "the key is offered from a place that is not trusted";
    case callback_verdict::no_signature: return "the header Authorization is missing";
    case callback_verdict::malformed_signature: return "the header Authorization is not Base64";
    case callback_verdict::malformed_target: return "the request target cannot have been signed";
    case callback_verdict::wrong_signature:
        return "the signature does not fit: a proxy changed path, query or body, or the sender is not the service";
    }
    return "unknown";
}

inline failure to_failure(callback_verdict verdict)
{
    return failure(errc::callback_unverified, std::string(to_string(verdict)));
}

/// Decides whether a request is a callback from the service. Pure: fetching the key is the caller's part.
///
/// What the signature is worth: the service signs with RSA-512 and MD5. A key of 512 bits can be factored by anyone
/// with modest means, the signature covers neither host nor time, and a recorded callback can be sent again. So do not
/// rest on it alone: use https, put a secret of your own in a custom variable, ask the service for the object (ETag,
/// size) before acting, and refuse a request id that was seen before.
/// Thread safety: const functions may be called from different threads. Source: OSS documentation, "Callback".
class callback_verifier {
public:
    callback_verifier() = default;

    /// Trusts a key URL besides the service's own, compared as text: for an emulator or a test.
    callback_verifier& trust_key_url(std::string url)
    {
        trusted_.push_back(std::move(url));
        return *this;
    }

    /// What a proxy takes off the front of the path before the request arrives here, as it stands in the public URL.
    callback_verifier& public_base_path(std::string path)
    {
        base_path_ = std::move(path);
        return *this;
    }

    /// True for http and https URLs on exactly gosspublic.alicdn.com, without port and user info, and for those added.
    bool trusts(std::string_view key_url) const
    {
        if (std::ranges::find(trusted_, key_url) != trusted_.end())
            return true;
        if (!key_url.starts_with("https://gosspublic.alicdn.com/") &&
            !key_url.starts_with("http://gosspublic.alicdn.com/"))
            return false;
        auto const parsed = codec::parse_url(key_url);
        return parsed && parsed->host == "gosspublic.alicdn.com" && parsed->port == 0 && !parsed->has_user_info;
    }

    /// Returns the URL of the key to verify with, from the value of `x-oss-pub-key-url`. Fetch no other URL, and follow
    /// no redirect away from it.
    /// Errors: callback_unverified with the verdict in words.
    result<std::string> key_url(std::string_view x_oss_pub_key_url) const
    {
        if (x_oss_pub_key_url.empty())
            return to_failure(callback_verdict::no_key_url);
        auto decoded = codec::base64_decode(x_oss_pub_key_url);
        if (!decoded)
            return to_failure(callback_verdict::malformed_key_url);
        if (!trusts(*decoded))
            return failure(errc::callback_unverified, std::string(to_string(callback_verdict::untrusted_key_url)) + ": \"" +
                                                          printable(decoded->substr(0, 200)) + '"');
        return decoded;
    }

    /// Checks the signature. `target` and `body` must be what came over the wire, byte for byte: a framework that
    /// decodes the path or parses the body first makes every callback look forged.
    callback_verdict verify(std::string_view target, std::string_view authorization, std::string_view body,
                            codec::public_key const& key) const
    {
        if (authorization.empty())
            return callback_verdict::no_signature;
        auto const signature = codec::base64_decode(authorization);
        if (!signature)
            return callback_verdict::malformed_signature;
        auto const text = callback_string_to_sign(target, body, base_path_);
        if (!text)
            return callback_verdict::malformed_target;
        return key.verify_md5(*text, *signature) ? callback_verdict::genuine : callback_verdict::wrong_signature;
    }

private:
    std::vector<std::string> trusted_;
    std::string base_path_;
};

}  // namespace ossify

#endif
