#ifndef OSSIFY_CODEC_PUBLIC_KEY_HPP
#define OSSIFY_CODEC_PUBLIC_KEY_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/core/result.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::codec {

namespace detail {

/// Takes back what OpenSSL leaves in the thread's error queue: TLS would mistake it for an error of its own.
class openssl_errors_undone {
public:
    openssl_errors_undone() noexcept { ERR_set_mark(); }
    ~openssl_errors_undone() { ERR_pop_to_mark(); }
    openssl_errors_undone(openssl_errors_undone const&) = delete;
    openssl_errors_undone& operator=(openssl_errors_undone const&) = delete;
};

struct free_openssl {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const noexcept { EVP_PKEY_CTX_free(p); }
};
template<class T>
using openssl_ptr = std::unique_ptr<T, free_openssl>;

using shared_pkey = std::shared_ptr<EVP_PKEY>;

inline shared_pkey share(EVP_PKEY* key) { return shared_pkey(key, free_openssl()); }

/// Prepares PKCS #1 v1.5 over an MD5 digest. The digest itself is passed to sign or verify, so that the policy for
/// digests of whole messages (FIPS, security levels) does not come into play and nothing is hashed twice.
inline bool use_md5(EVP_PKEY_CTX* context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, md5_algorithm::method()) == 1;
}

/// A key with a context that is ready to verify with it: getting one ready costs more than verifying with 512 bits.
/// Thread safety: a monitor; of several threads that verify at once, one has the spare context.
class verifying_key {
public:
    explicit verifying_key(openssl_ptr<EVP_PKEY> key) noexcept : key_(std::move(key)) {}
    verifying_key(verifying_key const&) = delete;
    verifying_key& operator=(verifying_key const&) = delete;
    ~verifying_key() { EVP_PKEY_CTX_free(spare_.load()); }

    EVP_PKEY* get() const noexcept { return key_.get(); }

    bool verify(md5_digest const& digest, std::string_view signature)
    {
        openssl_ptr<EVP_PKEY_CTX> context(spare_.exchange(nullptr));
        if (context == nullptr) {
            context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
            if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1 || !use_md5(context.get()))
                return false;
        }
        bool const good = EVP_PKEY_verify(context.get(), reinterpret_cast<unsigned char const*>(signature.data()),
                                          signature.size(), digest.data(), digest.size()) == 1;
        EVP_PKEY_CTX_free(spare_.exchange(context.release()));
        return good;
    }

private:
    openssl_ptr<EVP_PKEY> key_;
    std::atomic<EVP_PKEY_CTX*> spare_ = nullptr;
};

}  // namespace detail

/// An RSA public key that checks the signatures of callbacks. Cheap to copy.
/// Thread safety: a value; copies of one key may be used from different threads at once.
class public_key {
public:
    /// Reads the first `PUBLIC KEY` block of a PEM text.
    /// Errors: `malformed_key` for anything else, and for keys other than RSA.
    static result<public_key> from_pem(std::string_view pem)
    {
        detail::openssl_errors_undone const undone;
        if (pem.size() > 64 * 1024)
            return failure(errc::malformed_key, "more than 64 KiB of text, which is no public key");
        detail::openssl_ptr<BIO> const in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        if (in == nullptr)
            throw std::bad_alloc();
        detail::openssl_ptr<EVP_PKEY> key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr));
        if (key == nullptr)
            return failure(errc::malformed_key, "no PEM block of type PUBLIC KEY that OpenSSL can read");
        if (EVP_PKEY_is_a(key.get(), "RSA") != 1)
            return failure(errc::malformed_key, "a public key, but not an RSA key");
        return public_key(std::move(key));
    }

    /// True when `signature` is the RSA PKCS #1 v1.5 signature over the MD5 of `message` by this key's owner.
    /// Keys of 512 bits work. Source: OSS documentation: Callback, signature verification.
    bool verify_md5(std::string_view message, std::string_view signature) const
    {
        detail::openssl_errors_undone const undone;
        return key_->verify(md5(message), signature);
    }

    /// The SHA-256 of the key (DER, SubjectPublicKeyInfo) in lower-case hexadecimal: a name for logs and allow lists.
    std::string fingerprint_sha256_hex() const
    {
        unsigned char* der = nullptr;
        int const bytes = i2d_PUBKEY(key_->get(), &der);
        if (bytes <= 0)
            throw std::bad_alloc();
        std::string out = sha256_hex({reinterpret_cast<char const*>(der), static_cast<std::size_t>(bytes)});
        OPENSSL_free(der);
        return out;
    }

private:
    explicit public_key(detail::openssl_ptr<EVP_PKEY> key)
        : key_(std::make_shared<detail::verifying_key>(std::move(key)))
    {
    }

    std::shared_ptr<detail::verifying_key> key_;
};

/// An RSA key pair that signs callbacks as the service does: for emulators and tests. Cheap to copy.
/// Thread safety: a value; copies of one key may be used from different threads at once.
class private_key {
public:
    /// Makes a new key; 2048 bits take some tenths of a second.
    /// Errors: `invalid_argument` for a size that OpenSSL refuses (it wants at least 512 bits).
    static result<private_key> generate_rsa(int bits = 2048)
    {
        detail::openssl_errors_undone const undone;
        if (bits < 512 || bits > 16384)
            return failure(errc::invalid_argument, "an RSA key of " + std::to_string(bits) + " bits");
        auto key = detail::share(EVP_RSA_gen(static_cast<std::size_t>(bits)));
        if (key == nullptr)
            return failure(errc::invalid_argument, "OpenSSL makes no RSA key of " + std::to_string(bits) + " bits");
        return private_key(std::move(key));
    }

    /// The public half as PEM, as a key URL serves it.
    std::string public_pem() const
    {
        detail::openssl_ptr<BIO> const out(BIO_new(BIO_s_mem()));
        if (out == nullptr || PEM_write_bio_PUBKEY(out.get(), key_.get()) != 1)
            throw std::bad_alloc();
        char* text = nullptr;
        auto const bytes = BIO_get_mem_data(out.get(), &text);
        return {text, static_cast<std::size_t>(bytes)};
    }

    /// The bytes of the RSA PKCS #1 v1.5 signature over the MD5 of `message`.
    /// Errors: `not_supported` when OpenSSL's configuration forbids the algorithm.
    result<std::string> sign_md5(std::string_view message) const
    {
        detail::openssl_errors_undone const undone;
        auto const refused = [] { return failure(errc::not_supported, "OpenSSL does not sign with RSA and MD5"); };
        detail::openssl_ptr<EVP_PKEY_CTX> const context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
        if (context == nullptr || EVP_PKEY_sign_init(context.get()) != 1 || !detail::use_md5(context.get()))
            return refused();
        auto const digest = md5(message);
        std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
        std::size_t bytes = out.size();
        if (EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &bytes, digest.data(),
                          digest.size()) != 1)
            return refused();
        out.resize(bytes);
        return out;
    }

private:
    explicit private_key(detail::shared_pkey key) noexcept : key_(std::move(key)) {}

    detail::shared_pkey key_;
};

}  // namespace ossify::codec

#endif
