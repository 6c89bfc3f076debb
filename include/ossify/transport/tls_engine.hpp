#ifndef OSSIFY_TRANSPORT_TLS_ENGINE_HPP
#define OSSIFY_TRANSPORT_TLS_ENGINE_HPP

#include <ossify/core/result.hpp>
#include <ossify/transport/kernel_tls.hpp>
#include <ossify/transport/tls.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// One TLS connection without I/O: the owner moves the encrypted bytes. What is written in one call is encrypted into
/// one block, so that the owner can hand the records of a whole chunk to the kernel in one send.
/// Thread safety: not thread-safe. Does not move.
class tls_engine {
public:
    enum class status { done, want_input, closed, failed };

    /// `host` is sent as SNI and must be named by the certificate; an IP address is checked as such.
    /// `keep_keys`: `take_send_keys` will be called.
    static result<std::unique_ptr<tls_engine>> client(tls_context const& context, std::string const& host,
                                                      bool send_sni = true, bool keep_keys = false)
    {
        auto made = make(context);
        if (!made)
            return made;
        SSL* const ssl = (*made)->ssl_.get();
        SSL_set_connect_state(ssl);
        X509_VERIFY_PARAM* const check = SSL_get0_param(ssl);
        bool ok = true;
        if (X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) != 1) {  // not an address: a name
            ERR_clear_error();
            X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            ok = X509_VERIFY_PARAM_set1_host(check, host.data(), host.size()) == 1 &&
                 (!send_sni || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1);
        }
        if (!ok)
            return failure(errc::tls_failed, "cannot check for host \"" + host + "\"");
        tls_engine& engine = **made;
        engine.host_ = host;
        engine.notes_.host = host + (send_sni ? " by name" : "");
        engine.notes_.sessions = std::shared_ptr<detail::tls_sessions>(context.state_, &context.state_->sessions);
        engine.notes_.wants_send_secret = keep_keys;
        SSL_set_app_data(ssl, &engine.notes_);
        if (auto const session = engine.notes_.sessions->find(engine.notes_.host))
            SSL_set_session(ssl, session.get());
        return made;
    }

    static result<std::unique_ptr<tls_engine>> server(tls_context const& context)
    {
        auto made = make(context);
        if (made)
            SSL_set_accept_state((*made)->ssl_.get());
        return made;
    }

    tls_engine(tls_engine const&) = delete;
    tls_engine& operator=(tls_engine const&) = delete;

    // --- encrypted side ---

    /// Where encrypted bytes from the peer go next; empty only while decrypted bytes wait to be read.
    std::span<std::byte> prepare_input()
    {
        if (input_begin_ != 0) {
            std::copy(input_.begin() + static_cast<std::ptrdiff_t>(input_begin_),
                      input_.begin() + static_cast<std::ptrdiff_t>(input_end_), input_.begin());
            input_end_ -= input_begin_;
            input_begin_ = 0;
        }
        return std::span(input_).subspan(input_end_);
    }
    void commit_input(std::size_t bytes) noexcept { input_end_ += bytes; }

    /// Encrypted bytes that the peer must get.
    std::span<std::byte const> output() const noexcept { return std::span(output_).subspan(output_begin_); }
    void consume_output(std::size_t bytes) noexcept
    {
        output_begin_ += bytes;
        if (output_begin_ == output_.size()) {
            output_.clear();
            output_begin_ = 0;
        }
    }

    // --- plain side ---

    status handshake()
    {
        ERR_clear_error();
        status const s = classify(SSL_do_handshake(ssl_.get()));
        if (s == status::failed && notes_.sessions)
            notes_.sessions->forget(notes_.host);
        return s;
    }

    /// Decrypts what has arrived.
    status read(std::span<std::byte> into, std::size_t& bytes)
    {
        bytes = 0;
        ERR_clear_error();
        int const ok = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
        return classify(ok);
    }

    /// Encrypts all of `from`; the records wait in `output()`.
    status write(std::span<std::byte const> from, std::size_t& bytes)
    {
        bytes = 0;
        while (bytes != from.size()) {
            std::size_t step = 0;
            ERR_clear_error();
            status const s = classify(SSL_write_ex(ssl_.get(), from.data() + bytes, from.size() - bytes, &step));
            if (s != status::done)
                return s;
            bytes += step;
        }
        return status::done;
    }

    /// Puts the closing alert into `output()`.
    void close_notify() noexcept
    {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }

    /// The cipher suite that was agreed on; empty before.
    std::string_view cipher() const noexcept
    {
        SSL_CIPHER const* const agreed = SSL_get_current_cipher(ssl_.get());
        return agreed != nullptr ? SSL_CIPHER_get_name(agreed) : "";
    }

    /// True when the handshake went on from an earlier connection's session.
    bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

    /// What protects the records that are sent from now on, for somebody else to send them: nothing may be written here
    /// any more. Call it after the handshake. Returns: nothing unless the cipher is TLS_AES_128_GCM_SHA256.
    std::optional<detail::record_keys> take_send_keys()
    {
        std::string secret = std::move(notes_.send_secret);
        std::optional<detail::record_keys> keys;
        if (!secret.empty() && cipher() == "TLS_AES_128_GCM_SHA256")
            keys.emplace(secret);
        detail::wipe(secret.data(), secret.size());
        return keys;
    }

    bool closed_by_peer() const noexcept { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

    /// Why the last step returned `failed`.
    failure const& why() const noexcept { return why_; }

private:
    tls_engine() = default;

    static result<std::unique_ptr<tls_engine>> make(tls_context const& context)
    {
        ERR_clear_error();
        std::unique_ptr<tls_engine> engine(new tls_engine);
        engine->ssl_.reset(SSL_new(context.get()));
        BIO* const bio = engine->ssl_ ? BIO_new(bio_method()) : nullptr;
        if (bio == nullptr)
            return failure(errc::tls_failed, detail::openssl_error_text());
        BIO_set_data(bio, engine.get());
        BIO_set_init(bio, 1);
        SSL_set_bio(engine->ssl_.get(), bio, bio);
        return engine;
    }

    status classify(int ok)
    {
        if (ok == 1)
            return status::done;
        switch (SSL_get_error(ssl_.get(), ok)) {
        case SSL_ERROR_WANT_READ: return status::want_input;
        case SSL_ERROR_ZERO_RETURN: return status::closed;
        default: break;
        }
        long const verdict = SSL_get_verify_result(ssl_.get());
        if (verdict != X509_V_OK)
            why_ = certificate_failure(verdict);
        else
            why_ = failure(errc::tls_failed, detail::openssl_error_text());
        return status::failed;
    }

    failure certificate_failure(long verdict) const
    {
        std::string const reason = X509_verify_cert_error_string(verdict);
        switch (verdict) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return failure(errc::certificate_expired, reason + "; check the server's certificate and this clock");
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return failure(errc::certificate_wrong_host, reason + ": it does not name \"" + host_ + "\"");
        default:
            return failure(errc::certificate_untrusted,
                           reason + "; if the server uses an authority of its own, name its CA file");
        }
    }

    static tls_engine& of(BIO* bio) { return *static_cast<tls_engine*>(BIO_get_data(bio)); }

    static int bio_write(BIO* bio, char const* data, int bytes)
    {
        auto& out = of(bio).output_;
        auto const* first = reinterpret_cast<std::byte const*>(data);
        out.insert(out.end(), first, first + bytes);
        return bytes;
    }

    static int bio_read(BIO* bio, char* into, int bytes)
    {
        tls_engine& self = of(bio);
        BIO_clear_retry_flags(bio);
        std::size_t const have = self.input_end_ - self.input_begin_;
        if (have == 0) {
            BIO_set_retry_read(bio);
            return -1;
        }
        std::size_t const n = std::min(have, static_cast<std::size_t>(bytes));
        std::memcpy(into, self.input_.data() + self.input_begin_, n);
        self.input_begin_ += n;
        return static_cast<int>(n);
    }

    static long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO_METHOD* bio_method()
    {
        static std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> const method = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ossify buffers");
            BIO_meth_set_write(m, &bio_write);
            BIO_meth_set_read(m, &bio_read);
            BIO_meth_set_ctrl(m, &bio_control);
            return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(m, &BIO_meth_free);
        }();
        return method.get();
    }

    struct free_ssl {
        void operator()(SSL* ssl) const noexcept
        {
            // else a connection that ends without the closing alert takes its session with it
            SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
            SSL_free(ssl);
        }
    };

    detail::tls_notes notes_;
    std::unique_ptr<SSL, free_ssl> ssl_;
    std::string host_;
    failure why_;
    std::array<std::byte, 17 * 1024> input_;  // holds one whole record
    std::size_t input_begin_ = 0;
    std::size_t input_end_ = 0;
    std::vector<std::byte> output_;
    std::size_t output_begin_ = 0;
};

}  // namespace ossify

#endif
