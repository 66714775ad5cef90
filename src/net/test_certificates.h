// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Certificates with whatever is wrong with them. For tests only.
namespace tg::net {

struct TestFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <typename T>
using TestOwned = std::unique_ptr<T, TestFree>;

struct TestCertificate {
  TestOwned<X509> certificate;
  TestOwned<EVP_PKEY> key;

  [[nodiscard]] std::string pem() const {
    const TestOwned<BIO> bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(bio.get(), certificate.get());
    return text_of(bio.get());
  }
  [[nodiscard]] std::string key_pem() const {
    const TestOwned<BIO> bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
  }

 private:
  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
  }
};

using TestExtensions = std::vector<std::pair<int, const char*>>;  // NID and value
inline const TestExtensions kTestAuthority{{NID_basic_constraints, "critical,CA:TRUE"},
                                           {NID_key_usage, "critical,keyCertSign,cRLSign"}};
inline const TestExtensions kTestClient{{NID_ext_key_usage, "clientAuth"}};

struct TestWish {
  std::string name = "tests";
  const TestCertificate* issuer = nullptr;  // null: it signs itself
  TestExtensions extensions = kTestAuthority;
  long begins_in_s = -60;
  long ends_in_s = 3600;
  int rsa_bits = 0;  // 0: an EC key
  const EVP_MD* digest = EVP_sha256();
  long version = X509_VERSION_3;
};

inline TestCertificate make_test_certificate(const TestWish& wish) {
  static long serial = 0;
  TestCertificate made{.certificate = TestOwned<X509>{X509_new()},
                       .key = TestOwned<EVP_PKEY>{
                           wish.rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned int>(wish.rsa_bits))
                                             : EVP_EC_gen("P-256")}};
  auto* certificate = made.certificate.get();
  X509_set_version(certificate, wish.version);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  auto* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.data()),
                             static_cast<int>(wish.name.size()), -1, 0);
  const auto& issuer = wish.issuer == nullptr ? made : *wish.issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.begins_in_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.ends_in_s);
  X509_set_pubkey(certificate, made.key.get());
  for (const auto& [nid, value] : wish.extensions) {
    const TestOwned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, value)};
    EXPECT_TRUE(extension) << value;
    if (extension) X509_add_ext(certificate, extension.get(), -1);
  }
  EXPECT_GT(X509_sign(certificate, issuer.key.get(), wish.digest), 0);
  return made;
}

}  // namespace tg::net
