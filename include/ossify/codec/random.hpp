#ifndef OSSIFY_CODEC_RANDOM_HPP
#define OSSIFY_CODEC_RANDOM_HPP

#include <ossify/codec/hex.hpp>
#include <ossify/core/failure.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace ossify::codec {

/// Fills `bytes` with bytes that nobody can foresee.
/// Errors: throws `ossify::error` (`invalid_config`) when OpenSSL's generator has no entropy.
/// Thread safety: stateless.
inline void fill_random(std::span<std::byte> bytes)
{
    while (!bytes.empty()) {
        auto const step = std::min<std::size_t>(bytes.size(), 1 << 20);
        if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(step)) != 1)
            throw error(failure(errc::invalid_config, "OpenSSL's random generator has no entropy"));
        bytes = bytes.subspan(step);
    }
}

/// `bytes` random bytes as upper-case hexadecimal text, for request and upload ids. Errors: as `fill_random`.
inline std::string random_hex_upper(std::size_t bytes)
{
    std::string raw(bytes, '\0');
    fill_random(std::as_writable_bytes(std::span(raw)));
    return hex_encode_upper(raw);
}

}  // namespace ossify::codec

#endif
