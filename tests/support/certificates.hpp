#ifndef OSSIFY_TESTS_SUPPORT_CERTIFICATES_HPP
#define OSSIFY_TESTS_SUPPORT_CERTIFICATES_HPP

// Certificates that are made when a test runs, and the files they are read from.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

namespace tests {

/// A folder of its own that goes with the object.
class temporary_folder {
public:
    temporary_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "ossify-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        path_ = name;
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path const& path() const { return path_; }
    std::string file(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// A key pair with a certificate, signed by itself or by another.
class certificate {
public:
    /// `alt_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Valid for the days [from, until) from now.
    certificate(std::string const& name, std::string const& alt_names, certificate const* issuer, int from_day = -1,
                int until_day = 2)
        : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), x509_(X509_new(), &X509_free)
    {
        X509* const x = x509_.get();
        X509_set_version(x, 2);
        unsigned char serial[8];
        RAND_bytes(serial, sizeof serial);
        serial[0] &= 0x7f;
        BIGNUM* const number = BN_bin2bn(serial, sizeof serial, nullptr);
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
        BN_free(number);
        X509_gmtime_adj(X509_getm_notBefore(x), from_day * 86400L);
        X509_gmtime_adj(X509_getm_notAfter(x), until_day * 86400L);
        X509_set_pubkey(x, key_.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
        X509* const signer = issuer != nullptr ? issuer->x509_.get() : x;
        X509_set_issuer_name(x, X509_get_subject_name(signer));
        extend(signer, NID_basic_constraints, alt_names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
        if (!alt_names.empty())
            extend(signer, NID_subject_alt_name, alt_names);
        if (X509_sign(x, (issuer != nullptr ? issuer->key_ : key_).get(), EVP_sha256()) == 0)
            throw std::runtime_error("cannot sign a certificate");
    }

    void write(std::string const& certificate_file, std::string const& key_file = {}) const
    {
        std::unique_ptr<FILE, int (*)(FILE*)> const c(std::fopen(certificate_file.c_str(), "w"), &std::fclose);
        PEM_write_X509(c.get(), x509_.get());
        if (key_file.empty())
            return;
        std::unique_ptr<FILE, int (*)(FILE*)> const k(std::fopen(key_file.c_str(), "w"), &std::fclose);
        PEM_write_PrivateKey(k.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }

private:
    void extend(X509* signer, int nid, std::string const& value)
    {
        X509V3_CTX context;
        X509V3_set_ctx(&context, signer, x509_.get(), nullptr, nullptr, 0);
        X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
        if (e == nullptr)
            throw std::runtime_error("cannot make a certificate extension");
        X509_add_ext(x509_.get(), e, -1);
        X509_EXTENSION_free(e);
    }

    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> x509_;
};

}  // namespace tests

#endif
