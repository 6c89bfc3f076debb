#ifndef OSSIFY_AUTH_CREDENTIALS_HPP
#define OSSIFY_AUTH_CREDENTIALS_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/core/result.hpp>
#include <ossify/core/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// An access key: its id, its secret and, for temporary keys of STS, the security token. Empty ones are anonymous.
/// Cheap to copy. Thread safety: a value; copies share the texts and may be used from different threads.
class credentials {
public:
    credentials() noexcept = default;
    credentials(std::string access_key_id, secret access_key_secret, secret security_token = {})
        : data_(std::make_shared<data const>(std::move(access_key_id), std::move(access_key_secret),
                                             std::move(security_token)))
    {
    }

    std::string_view access_key_id() const noexcept { return data_ ? data_->id : std::string_view(); }
    secret const& access_key_secret() const noexcept { return data_ ? data_->key : none(); }
    secret const& security_token() const noexcept { return data_ ? data_->token : none(); }

    /// True when requests are sent without a signature.
    bool anonymous() const noexcept { return access_key_id().empty(); }

    /// SHA-256 of the secret: names it in a cache without repeating it.
    std::array<unsigned char, 32> const& secret_digest() const noexcept
    {
        static std::array<unsigned char, 32> const empty{};
        return data_ ? data_->digest : empty;
    }

private:
    struct data {
        data(std::string access_key_id, secret access_key_secret, secret security_token)
            : id(std::move(access_key_id)),
              key(std::move(access_key_secret)),
              token(std::move(security_token)),
              digest(codec::sha256(key.reveal()))
        {
        }

        std::string id;
        secret key;
        secret token;
        std::array<unsigned char, 32> digest;
    };

    static secret const& none() noexcept
    {
        static secret const empty;
        return empty;
    }

    std::shared_ptr<data const> data_;
};

/// Reads `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and, if set, `OSS_SESSION_TOKEN`: the names that the vendor's
/// own libraries read.
/// Errors: `missing_credentials` when one of the first two is missing or empty, or when one of the three holds a space
/// or a line break, as happens when it is copied along.
/// Thread safety: as `std::getenv`: not while another thread changes the environment.
inline result<credentials> credentials_from_environment()
{
    constexpr std::array<char const*, 3> names{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"};
    std::array<std::string_view, 3> values;
    for (std::size_t i = 0; i != names.size(); ++i) {
        char const* const value = std::getenv(names[i]);
        values[i] = value != nullptr ? value : "";
        char const* const wrong =
            values[i].empty() && i != 2 ? " is not set"
            : std::any_of(values[i].begin(), values[i].end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; })
                ? " holds a space or a line break"
                : nullptr;
        if (wrong != nullptr)
            return failure(errc::missing_credentials, std::string("the environment variable ") + names[i] + wrong);
    }
    return credentials(std::string(values[0]), secret(values[1]), secret(values[2]));
}

}  // namespace ossify

#endif
