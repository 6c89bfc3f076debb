#ifndef OSSIFY_AUTH_SIGNER_HPP
#define OSSIFY_AUTH_SIGNER_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/signer_v1.hpp>
#include <ossify/auth/signer_v4.hpp>
#include <ossify/auth/signing_key.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

enum class signature_version { v1, v4 };

/// Decides what version 4 signs for: the configured region, else the one that the endpoint's host tells.
/// Errors: `invalid_config` when neither gives a region, or when the configured one is none.
/// Thread safety: stateless.
inline result<signing_scope> scope_for(endpoint const& service, std::string_view configured_region = {})
{
    std::string_view const region = configured_region.empty() ? service.region() : configured_region;
    if (region.empty())
        return failure(errc::invalid_config, "signature version 4 needs a region, and the endpoint \"" +
                                                 service.host() +
                                                 "\" does not tell it: set the region, for example \"cn-hangzhou\"");
    std::string const shown(region.substr(0, 80));
    if (region.starts_with("oss-"))
        return failure(errc::invalid_config,
                       "\"" + shown + "\" is no region id: leave the \"oss-\" out, as in \"cn-hangzhou\"");
    if (!std::all_of(region.begin(), region.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }))
        return failure(errc::invalid_config, "\"" + shown +
                                                 "\" is no region id: only a-z, 0-9 and hyphens, as in "
                                                 "\"cn-hangzhou\"");
    return signing_scope(std::string(region), std::string(service.product()));
}

/// Signs requests for one service. Cheap to copy; copies share the cache of signing keys.
/// Thread safety: `sign` may be called from different threads; the credentials come with each call.
class request_signer {
public:
    /// Version 1.
    request_signer() : request_signer(signature_version::v1, {}) {}
    request_signer(signature_version version, signing_scope scope,
                   std::shared_ptr<signing_key_cache> keys = std::make_shared<signing_key_cache>())
        : version_(version), scope_(std::move(scope)), keys_(std::move(keys))
    {
    }

    /// A signer for requests to `service`; version 1 needs no region.
    /// Errors: as `scope_for`.
    static result<request_signer> make(signature_version version, endpoint const& service,
                                       std::string_view configured_region = {})
    {
        if (version == signature_version::v1)
            return request_signer();
        auto scope = scope_for(service, configured_region);
        if (!scope)
            return std::move(scope).error();
        return request_signer(version, *std::move(scope));
    }

    /// Further headers that version 4 signs when a request has them, "host" for example.
    request_signer& additional_headers(std::vector<std::string> names)
    {
        additional_ = std::move(names);
        return *this;
    }

    signature_version version() const noexcept { return version_; }
    signing_scope const& scope() const noexcept { return scope_; }
    signing_key_cache& keys() const noexcept { return *keys_; }
    std::vector<std::string> const& additional_headers() const noexcept { return additional_; }

    /// Signs a request whose other headers are complete; see `sign_v1` and `sign_v4`. May be called again on the same
    /// headers for a further attempt.
    void sign(credentials const& who, codec::wall_time now, http::method method, std::string_view bucket,
              std::string_view key, http::query const& query, http::fields& headers) const
    {
        if (version_ == signature_version::v1)
            sign_v1(who, now, method, bucket, key, query, headers);
        else
            sign_v4(who, scope_, *keys_, now, method, bucket, key, query, headers, additional_);
    }

private:
    signature_version version_;
    signing_scope scope_;
    std::vector<std::string> additional_;
    std::shared_ptr<signing_key_cache> keys_;
};

}  // namespace ossify

#endif
