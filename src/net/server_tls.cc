// SPDX-License-Identifier: Apache-2.0
#include "net/server_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/files.h"
#include "net/client_certificate_impl.h"
#include "net/server_tls_impl.h"

namespace tg::net {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::size_t kChainMax = 16;
constexpr long kSessionSeconds = 2 * 3600;
// Of TLS 1.2, those with forward secrecy and authenticated encryption; all of TLS 1.3 are so.
constexpr auto kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
struct KeyFree {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Refused = std::unexpected<std::string>;

Bio bio_of(std::string_view text) {
  return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

Refused unreadable(std::string_view what, const std::filesystem::path& path, const Error& error) {
  const auto why = error.system_errno != 0 ? std::generic_category().message(error.system_errno)
                                           : std::string{error.detail};
  return Refused{
      fmt::format("The TLS {} file {} cannot be read: {}. Give the server's user the "
                  "right to read it, or name another file.",
                  what, path.string(), why)};
}

const char* last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

// --- what the files hold

std::expected<std::vector<Certificate>, std::string> read_chain(const std::filesystem::path& path) {
  const auto text = read_file(path, kFileBytesMax);
  if (!text) return unreadable("certificate", path, text.error());
  const auto bio = bio_of(*text);
  std::vector<Certificate> chain;
  ERR_clear_error();
  while (chain.size() < kChainMax) {
    Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!next) break;
    chain.push_back(std::move(next));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (chain.empty() || !ended) {
    return Refused{fmt::format(
        "The TLS certificate file {} holds {}. It must be PEM: the server's "
        "certificate, then those that signed it, at most {}.",
        path.string(), chain.empty() ? "no certificate" : "something damaged", kChainMax)};
  }
  return chain;
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::expected<void, std::string> check_dates(X509* certificate, const std::filesystem::path& path) {
  const auto* end = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(end) <= 0) {
    return Refused{fmt::format("The TLS certificate in {} expired at {}. Renew it.", path.string(),
                               text_of(end))};
  }
  const auto* begin = X509_get0_notBefore(certificate);
  if (X509_cmp_current_time(begin) >= 0) {
    return Refused{
        fmt::format("The TLS certificate in {} is not good before {}. Check this machine's clock.",
                    path.string(), text_of(begin))};
  }
  return {};
}

// Asked for an encrypted key's password: there is nobody to ask.
int note_encryption(char*, int, int, void* encrypted) {
  *static_cast<bool*>(encrypted) = true;
  return -1;
}

std::expected<Key, std::string> read_key(const std::filesystem::path& path) {
  const auto text = read_secret_file(path, kFileBytesMax);
  if (!text) return unreadable("key", path, text.error());
  const auto bio = bio_of(text->reveal());
  bool encrypted = false;
  Key key{PEM_read_bio_PrivateKey(bio.get(), nullptr, note_encryption, &encrypted)};
  if (key) return key;
  if (encrypted) {
    return Refused{
        fmt::format("The TLS key in {} is encrypted. Decrypt it into a file that only "
                    "the server's user can read: openssl pkey -in {} -out key.pem.",
                    path.string(), path.string())};
  }
  return Refused{
      fmt::format("The TLS key file {} holds no private key in PEM. Name the key that "
                  "the certificate was made for.",
                  path.string())};
}

// --- how it is spoken

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kOurs.data(), kOurs.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, 3.2: who cannot speak HTTP/1.1 is told so
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// The client for a certificate, if `asks`; or not.
SslContextPointer make_context(bool asks) {
  SslContextPointer context{SSL_CTX_new(TLS_server_method())};
  if (!context) return nullptr;
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A write that is tried again comes from where the piece now begins; an idle connection keeps
  // no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Sessions live in tickets, which clients keep; a cache would be memory and a lock.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context.get(), kSessionSeconds);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  const bool good = SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context.get(), kCiphers) == 1 &&
                    (!asks || ask_for_certificates(*context));
  return good ? std::move(context) : nullptr;
}

bool use_certificate(SSL_CTX* context, const std::vector<Certificate>& chain, EVP_PKEY* key) {
  bool taken = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
               SSL_CTX_use_PrivateKey(context, key) == 1;
  for (std::size_t next = 1; taken && next < chain.size(); ++next) {
    taken = SSL_CTX_add1_chain_cert(context, chain[next].get()) == 1;
  }
  return taken;
}

// Both with keys for tickets of their own, so none of one is good at the other: who connected
// without being asked is asked the next time.
ServerTls::Impl make_contexts() { return {make_context(false), make_context(true)}; }

}  // namespace

ServerTls::ServerTls(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ServerTls::~ServerTls() = default;

ServerTls::Loaded ServerTls::load(const TlsFiles& files) {
  auto chain = read_chain(files.certificate);
  if (!chain) return Refused{std::move(chain).error()};
  const auto dates = check_dates(chain->front().get(), files.certificate);
  if (!dates) return Refused{dates.error()};
  const auto key = read_key(files.key);
  if (!key) return Refused{key.error()};
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    ERR_clear_error();
    return Refused{fmt::format(
        "The TLS key in {} is not that of the first certificate in {}. Name the two that belong "
        "together; the server's own certificate stands first.",
        files.key.string(), files.certificate.string())};
  }
  auto made = make_contexts();
  if (!made.context || !made.asking) {
    return Refused{"TLS cannot be set up: OpenSSL lacks what Tollgate needs."};
  }
  ERR_clear_error();
  if (!use_certificate(made.context.get(), *chain, key->get()) ||
      !use_certificate(made.asking.get(), *chain, key->get())) {
    return Refused{
        fmt::format("The TLS certificate in {} cannot be used: {}. Have one made with "
                    "an EC or a 2048-bit RSA key.",
                    files.certificate.string(), last_reason())};
  }
  return std::shared_ptr<const ServerTls>{new ServerTls{std::make_unique<Impl>(std::move(made))}};
}

// The keys of tickets are drawn with their SSL_CTX and cannot be replaced under workers that read
// them, so the whole is made anew around the same certificate.
ServerTls::Loaded ServerTls::with_new_ticket_keys() const {
  auto* old = impl_->context.get();
  auto made = make_contexts();
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(old, static_cast<void*>(&chain));
  for (auto* context : {made.context.get(), made.asking.get()}) {
    if (context == nullptr ||
        SSL_CTX_use_cert_and_key(context, SSL_CTX_get0_certificate(old),
                                 SSL_CTX_get0_privatekey(old), chain, 1) != 1) {
      return Refused{"OpenSSL has no memory for them."};
    }
  }
  return std::shared_ptr<const ServerTls>{new ServerTls{std::make_unique<Impl>(std::move(made))}};
}

std::string ServerTls::good_until() const {
  return text_of(X509_get0_notAfter(SSL_CTX_get0_certificate(impl_->context.get())));
}

SslPointer make_server_ssl(const ServerTls& tls, bool asks_for_certificate, int fd) {
  const auto& contexts = tls.impl();
  SslPointer ssl{SSL_new((asks_for_certificate ? contexts.asking : contexts.context).get())};
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace tg::net
