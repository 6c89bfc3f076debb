#ifndef OSSIFY_TRANSPORT_KERNEL_TLS_HPP
#define OSSIFY_TRANSPORT_KERNEL_TLS_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/core/secret.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#if __has_include(<linux/tls.h>)
#include <linux/tls.h>
#endif

// TLS by the kernel: it encrypts what is sent, once it was told the keys, so that the socket is used as a plain one and
// files can be sent from the page cache. Only for what clients offer first, AES-128-GCM of TLS 1.3; all else, and what
// is received, stays with OpenSSL. Source: Linux kernel documentation, "Kernel TLS".

namespace ossify::detail {

/// What protects the records that one side sends with TLS_AES_128_GCM_SHA256. Wiped when it goes.
class record_keys {
public:
    record_keys() = default;
    /// From the side's application traffic secret. Source: RFC 8446 sections 7.1 and 7.3.
    explicit record_keys(std::string_view traffic_secret)
    {
        expand(traffic_secret, "key", key);
        expand(traffic_secret, "iv", iv);
    }
    record_keys(record_keys const&) noexcept = default;
    record_keys& operator=(record_keys const&) noexcept = default;
    ~record_keys()
    {
        wipe(key.data(), key.size());
        wipe(iv.data(), iv.size());
    }

    std::array<unsigned char, 16> key{};
    std::array<unsigned char, 12> iv{};

private:
    // HKDF-Expand-Label with an empty context, for no more bytes than a SHA-256 has.
    template<std::size_t N>
    static void expand(std::string_view secret, std::string_view label, std::array<unsigned char, N>& out)
    {
        std::string info{'\0', static_cast<char>(N), static_cast<char>(label.size() + 6)};
        info.append("tls13 ").append(label).append(1, '\0').append(1, '\1');
        auto bytes = codec::hmac_sha256(secret, info);
        std::copy_n(bytes.begin(), N, out.begin());
        wipe(bytes.data(), bytes.size());
    }
};

/// Whether this kernel offers TLS at all; looked up once. It says so by what it has against a socket without a peer.
inline bool kernel_has_tls() noexcept
{
#if defined(TCP_ULP) && defined(TLS_TX)
    static bool const has = [] {
        int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (probe < 0)
            return false;
        bool const known = ::setsockopt(probe, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0 || errno == ENOTCONN;
        ::close(probe);
        return known;
    }();
    return has;
#else
    return false;
#endif
}

/// Hands the sending over to the kernel; nothing may have been sent with the keys yet.
/// Returns: false when the kernel does not take it, and all stays as it is.
inline bool start_kernel_tls([[maybe_unused]] int socket, [[maybe_unused]] record_keys const& keys) noexcept
{
#if defined(TCP_ULP) && defined(TLS_TX)
    constexpr int sol_tls = 282;
    if (::setsockopt(socket, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") != 0)
        return false;
    ::tls12_crypto_info_aes_gcm_128 info{};
    info.info.version = TLS_1_3_VERSION;
    info.info.cipher_type = TLS_CIPHER_AES_GCM_128;
    std::memcpy(info.key, keys.key.data(), sizeof info.key);
    std::memcpy(info.salt, keys.iv.data(), sizeof info.salt);
    std::memcpy(info.iv, keys.iv.data() + sizeof info.salt, sizeof info.iv);
    bool const taken = ::setsockopt(socket, sol_tls, TLS_TX, &info, sizeof info) == 0;
    wipe(&info, sizeof info);
    return taken;
#else
    return false;
#endif
}

/// Has the kernel send the closing alert, as well as it can.
inline void send_kernel_tls_close([[maybe_unused]] int socket) noexcept
{
#if defined(TCP_ULP) && defined(TLS_TX)
    constexpr int sol_tls = 282;
    std::array<char, 2> alert{1, 0};  // warning, close_notify
    ::iovec part{alert.data(), alert.size()};
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(1)> control{};
    ::msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ::cmsghdr* const type = CMSG_FIRSTHDR(&message);
    type->cmsg_level = sol_tls;
    type->cmsg_type = TLS_SET_RECORD_TYPE;
    type->cmsg_len = CMSG_LEN(1);
    *CMSG_DATA(type) = 21;  // alert
    (void)::sendmsg(socket, &message, MSG_NOSIGNAL);
#endif
}

}  // namespace ossify::detail

#endif
