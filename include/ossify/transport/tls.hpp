#ifndef OSSIFY_TRANSPORT_TLS_HPP
#define OSSIFY_TRANSPORT_TLS_HPP

#include <ossify/codec/hex.hpp>
#include <ossify/core/result.hpp>
#include <ossify/core/secret.hpp>
#include <ossify/transport/tls_sessions.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

namespace detail {

inline std::string openssl_error_text()
{
    std::string out;
    while (auto const code = ERR_get_error()) {
        char text[256];
        ERR_error_string_n(code, text, sizeof text);
        if (!out.empty())
            continue;
        out = text;
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
            out += "; does the peer speak TLS at this port?";
    }
    return out.empty() ? "no reason given" : out;
}

/// What OpenSSL tells about one connection while it works; the application data of its SSL object.
struct tls_notes {
    tls_notes() = default;
    tls_notes(tls_notes const&) = delete;
    tls_notes& operator=(tls_notes const&) = delete;
    ~tls_notes() { wipe(send_secret.data(), send_secret.size()); }

    std::shared_ptr<tls_sessions> sessions;  ///< where new ones are kept; null with a server
    std::string host;                        ///< and under which name
    bool wants_send_secret = false;
    std::string send_secret;                 ///< from which the keys come that protect what a client sends
};

}  // namespace detail

/// TLS settings, shared by the streams that are made with them. TLS 1.2 or newer. Clients offer AES-128-GCM before
/// AES-256-GCM, as browsers do: it costs a tenth to a quarter less CPU, and servers may still choose. Connections to a
/// host go on from the session of an earlier one.
/// Thread safety: set it up in one place; afterwards it may be shared freely.
class tls_context {
public:
    /// For clients: trusts the system's authorities and checks chain and host name.
    static result<tls_context> client()
    {
        auto made = make_client();
        if (!made)
            return made;
        SSL_CTX_set_verify(made->get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_default_verify_paths(made->get());
        return made;
    }

    /// For clients: trusts only the authorities in a PEM file.
    /// Errors: `invalid_config` when the file cannot be read or holds no certificate.
    static result<tls_context> client_trusting(std::string const& ca_file)
    {
        auto made = make_client();
        if (!made)
            return made;
        SSL_CTX_set_verify(made->get(), SSL_VERIFY_PEER, nullptr);
        if (SSL_CTX_load_verify_locations(made->get(), ca_file.c_str(), nullptr) != 1)
            return failure(errc::invalid_config, "cannot read certificates of authorities from \"" + ca_file +
                                                     "\": " + detail::openssl_error_text());
        return made;
    }

    /// For servers: presents the certificate chain in one PEM file with the private key in another.
    /// Errors: `invalid_config` when a file cannot be read or the two do not belong together.
    static result<tls_context> server(std::string const& certificate_file, std::string const& key_file)
    {
        auto made = make(TLS_server_method());
        if (!made)
            return made;
        if (SSL_CTX_use_certificate_chain_file(made->get(), certificate_file.c_str()) != 1)
            return failure(errc::invalid_config, "cannot read a certificate from \"" + certificate_file +
                                                     "\": " + detail::openssl_error_text());
        if (SSL_CTX_use_PrivateKey_file(made->get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
            return failure(errc::invalid_config,
                           "cannot use the private key in \"" + key_file + "\": " + detail::openssl_error_text());
        return made;
    }

    SSL_CTX* get() const noexcept { return state_->context.get(); }

private:
    friend class tls_engine;

    struct free_context {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };
    struct state {
        explicit state(SSL_CTX* raw) : context(raw) {}
        detail::tls_sessions sessions;
        std::unique_ptr<SSL_CTX, free_context> context;
    };

    explicit tls_context(SSL_CTX* raw) : state_(std::make_shared<state>(raw)) {}

    static result<tls_context> make_client()
    {
        auto made = make(TLS_client_method());
        if (!made)
            return made;
        SSL_CTX_set_ciphersuites(made->get(),
                                 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
        SSL_CTX_set_session_cache_mode(made->get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(made->get(), &on_new_session);
        SSL_CTX_set_keylog_callback(made->get(), &on_secret);
        return made;
    }

    static int on_new_session(SSL* ssl, SSL_SESSION* session)
    {
        auto* const notes = static_cast<detail::tls_notes*>(SSL_get_app_data(ssl));
        if (notes == nullptr || !notes->sessions)
            return 0;
        notes->sessions->keep(notes->host, detail::session_handle(session));
        return 1;  // it is ours now
    }

    // `line` is "LABEL client-random secret", the last two in hexadecimal.
    static void on_secret(SSL const* ssl, char const* line)
    {
        auto* const notes = static_cast<detail::tls_notes*>(SSL_get_app_data(ssl));
        std::string_view const text(line);
        if (notes == nullptr || !notes->wants_send_secret || !text.starts_with("CLIENT_TRAFFIC_SECRET_0 "))
            return;
        if (auto secret = codec::hex_decode(text.substr(text.rfind(' ') + 1)))
            notes->send_secret = *std::move(secret);
    }

    static result<tls_context> make(SSL_METHOD const* method)
    {
        ERR_clear_error();
        SSL_CTX* raw = SSL_CTX_new(method);
        if (raw == nullptr)
            return failure(errc::tls_failed, detail::openssl_error_text());
        tls_context made(raw);
        SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
        SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
        return made;
    }

    std::shared_ptr<state> state_;
};

}  // namespace ossify

#endif
