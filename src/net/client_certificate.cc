// SPDX-License-Identifier: Apache-2.0
#include "net/client_certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "net/client_certificate_impl.h"

namespace tg::net {
namespace {

constexpr int kDepthMax = 4;  // certificates between a client's and an anchor
// OpenSSL's level of 112 bits: RSA of 2,048, no SHA-1.
constexpr int kSecurityLevel = 2;
constexpr int kSecurityBits = 112;
// What a handshake reads of a client's certificates before it gives up, and how many of them.
constexpr long kChainBytesMax = 32 << 10;
constexpr int kChainMax = 8;
// A signature of a larger key would take a worker's milliseconds to check.
constexpr int kKeyBitsMax = 8192;

constexpr auto* kNoAnchor =
    "it leads to no certificate that is active here; send with it what stands between the two";

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
struct StoreContextFree {
  void operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
};
struct OpenSslFree {
  template <typename T>
  void operator()(T* memory) const noexcept {
    OPENSSL_free(memory);
  }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, StoreContextFree>;
using Refused = std::unexpected<std::string>;

Bio bio_of(std::string_view text) {
  return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

Certificate parse(std::string_view pem) {
  const auto bio = bio_of(pem);
  ERR_clear_error();
  return Certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
}

std::optional<WallTime> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return from_unix_ms(static_cast<std::int64_t>(timegm(&parts)) * 1000);
}

// How many blocks of PEM there are, whatever is in them; nothing where one is damaged.
std::optional<int> count_blocks(std::string_view text) {
  const auto bio = bio_of(text);
  int count = 0;
  ERR_clear_error();
  for (;; ++count) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) break;
    const std::unique_ptr<char, OpenSslFree> name_owner{name};
    const std::unique_ptr<char, OpenSslFree> header_owner{header};
    const std::unique_ptr<unsigned char, OpenSslFree> data_owner{data};
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return ended ? std::optional{count} : std::nullopt;
}

std::string pem_of(X509* certificate) {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return to_hex(std::span{digest}.first(size));
}

bool names_client_auth(X509* certificate) {
  const auto uses = X509_get_extended_key_usage(certificate);
  return uses != UINT32_MAX && (uses & XKU_SSL_CLIENT) != 0;
}

// Only what says so in so many words: not one of version 1, nor one that is known by its key's use.
bool is_authority(X509* certificate) { return X509_check_ca(certificate) == 1; }

std::expected<void, std::string> check_anchor(X509* certificate) {
  const auto* key = X509_get0_pubkey(certificate);
  if (key == nullptr || (X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0) {
    return Refused{"The certificate cannot be used: its key or one of its extensions is damaged."};
  }
  if (EVP_PKEY_get_security_bits(key) < kSecurityBits || EVP_PKEY_get_bits(key) > kKeyBitsMax) {
    return Refused{
        "The certificate's key is too weak or too long. Have it made with an EC key, or with RSA "
        "of "
        "2,048 to 8,192 bits."};
  }
  if (is_authority(certificate) || names_client_auth(certificate)) return {};
  return Refused{
      "The certificate is neither a certificate authority (basicConstraints CA:TRUE, and "
      "keyCertSign "
      "where it has keyUsage) nor a client's (extendedKeyUsage clientAuth), so nobody could be "
      "accepted by it."};
}

// --- one of a connection

ClientVerdict refused(const char* why) {
  return {.kind = ClientVerdict::Kind::kRefused, .why = why};
}

ClientVerdict judge_chain(const STACK_OF(X509) * chain) {
  ClientVerdict verdict{.kind = ClientVerdict::Kind::kAccepted, .good_until = WallTime::max()};
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    auto* certificate = sk_X509_value(chain, i);
    if (i > 0 && !is_authority(certificate)) {
      return refused("a certificate above it is no certificate authority");
    }
    const auto end = time_of(X509_get0_notAfter(certificate));
    if (!end) return refused("a certificate above it has no date that can be read");
    verdict.good_until = std::min(verdict.good_until, *end);
  }
  return verdict;
}

bool set_up(X509_STORE& store, X509* anchor) {
  auto* rules = X509_STORE_get0_param(&store);
  X509_VERIFY_PARAM_set_depth(rules, kDepthMax);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  // An anchor need not have signed itself.
  return X509_STORE_add_cert(&store, anchor) == 1 &&
         X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT) == 1 &&
         X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

// What OpenSSL says of a chain that ends somewhere else, in four ways.
const char* reason_of(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return kNoAnchor;
    default: return X509_verify_cert_error_string(error);
  }
}

ClientVerdict verify(X509_STORE& store, X509* leaf, STACK_OF(X509) * sent, WallTime now) {
  const StoreContext context{X509_STORE_CTX_new()};
  ERR_clear_error();
  if (!context || X509_STORE_CTX_init(context.get(), &store, leaf, sent) != 1) {
    return refused("OpenSSL has no memory to verify it");
  }
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(to_unix_s(now)));
  const bool holds = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (holds) return judge_chain(X509_STORE_CTX_get0_chain(context.get()));
  return refused(reason_of(X509_STORE_CTX_get_error(context.get())));
}

// In the place of OpenSSL's own verification.
int take_chain(X509_STORE_CTX* context, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* key = X509_get0_pubkey(X509_STORE_CTX_get0_cert(context));
  if (sk_X509_num(X509_STORE_CTX_get0_untrusted(context)) > kChainMax ||
      (key != nullptr && EVP_PKEY_get_bits(key) > kKeyBitsMax)) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    return 0;
  }
  SSL_set_num_tickets(ssl, 0);
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

int make_ticket(SSL*, void*) { return 1; }

// TLS 1.2 promises a ticket before it knows of a certificate, so it may have been given.
SSL_TICKET_RETURN use_ticket(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                             SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  if (SSL_SESSION_get0_peer(session) != nullptr) return SSL_TICKET_RETURN_IGNORE;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

std::expected<TrustAnchor, std::string> read_trust_anchor(std::string_view text) {
  if (text.size() > kAnchorBytesMax) {
    return Refused{fmt::format("The certificate is larger than {} KiB.", kAnchorBytesMax >> 10)};
  }
  if (text.contains("PRIVATE KEY")) {
    return Refused{
        "There is a private key in it, which was not kept and must never be sent to anybody: have "
        "a new one made, and upload the certificate alone."};
  }
  const auto blocks = count_blocks(text);
  const auto certificate = parse(text);
  if (!blocks || !certificate || *blocks == 0) {
    return Refused{
        "It is no certificate in PEM: one block from -----BEGIN CERTIFICATE----- to -----END "
        "CERTIFICATE-----, with its line breaks."};
  }
  if (*blocks > 1) {
    return Refused{
        "There is more than one certificate in it. Upload the one to trust; clients send what "
        "stands between it and theirs."};
  }
  if (const auto good = check_anchor(certificate.get()); !good) return Refused{good.error()};
  const auto begin = time_of(X509_get0_notBefore(certificate.get()));
  const auto end = time_of(X509_get0_notAfter(certificate.get()));
  TrustAnchor anchor{.pem = pem_of(certificate.get()),
                     .fingerprint = fingerprint_of(certificate.get()),
                     .valid_at = begin.value_or(WallTime{}),
                     .expires_at = end.value_or(WallTime{})};
  if (!begin || !end || anchor.pem.empty() || anchor.fingerprint.empty()) {
    return Refused{"The certificate cannot be used: its dates cannot be read."};
  }
  return anchor;
}

ClientTrust::ClientTrust(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ClientTrust::~ClientTrust() = default;

Result<std::shared_ptr<const ClientTrust>> ClientTrust::make(std::span<const std::string> anchors) {
  auto impl = std::make_unique<Impl>();
  for (const auto& pem : anchors) {
    const auto certificate = parse(pem);
    if (!certificate) return fail(Code::kCorrupt, "a certificate in the database is damaged");
    auto& store = impl->stores.emplace_back(X509_STORE_new());
    if (!store || !set_up(*store, certificate.get())) {
      return fail(Code::kInternal, "OpenSSL lacks what mutual TLS needs");
    }
  }
  return std::shared_ptr<const ClientTrust>{new ClientTrust{std::move(impl)}};
}

bool ask_for_certificates(SSL_CTX& context) {
  static constexpr std::array<unsigned char, 8> kOurs{'t', 'o', 'l', 'l', 'g', 'a', 't', 'e'};
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(&context, take_chain, nullptr);
  SSL_CTX_set_max_cert_list(&context, kChainBytesMax);
  // Of those without a certificate; OpenSSL wants sessions named where one is asked for.
  return SSL_CTX_set_session_id_context(&context, kOurs.data(), kOurs.size()) == 1 &&
         SSL_CTX_set_session_ticket_cb(&context, make_ticket, use_ticket, nullptr) == 1;
}

ClientVerdict verify_client_of(SSL& ssl, const ClientTrust& trust, WallTime now) {
  auto* leaf = SSL_get0_peer_certificate(&ssl);
  if (leaf == nullptr) return {.kind = ClientVerdict::Kind::kNone};
  if (!names_client_auth(leaf)) return refused("it does not name clientAuth in extendedKeyUsage");
  auto verdict = refused(kNoAnchor);
  for (const auto& store : trust.impl().stores) {
    const auto next = verify(*store, leaf, SSL_get_peer_cert_chain(&ssl), now);
    if (next.kind == ClientVerdict::Kind::kAccepted) return next;
    if (next.why != std::string_view{kNoAnchor}) verdict = next;
  }
  return verdict;
}

}  // namespace tg::net
