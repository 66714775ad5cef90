// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

// The certificate and the key with which listeners speak TLS: 1.2 and newer, forward secrecy and
// authenticated encryption only, HTTP/1.1 by ALPN, no renegotiation, no compression.
//
// One for all workers, so that a session's ticket is good on each of them. It never changes: a new
// certificate, and every few hours new keys for tickets, are a new ServerTls, which listeners take
// for their next connection; those that run keep the one that they began with. A ticket of an
// earlier one costs its holder a full handshake, no more.
//
// A listener may ask clients for a certificate (client_certificate.h): which are good is asked
// later, by whoever knows who calls; here each is taken that its holder has the key of.
//
// Threading:  load() and with_new_ticket_keys() on any thread but a worker, since they read files
//             and compute; the object itself on all workers.
// Limits:     a file 1 MiB; a chain of 16 certificates; a session 2 hours. Of a client's: 32 KiB,
//             8 certificates, keys of 8,192 bits.
// Errors:     one sentence that names the file and says what to do.
// Secrets:    the key's text is wiped once it is read, and stands in no error.
namespace tg::net {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM: the server's own first, then those that signed it
  std::filesystem::path key;          // PEM, not encrypted
};

class ServerTls {
 public:
  using Loaded = std::expected<std::shared_ptr<const ServerTls>, std::string>;

  [[nodiscard]] static Loaded load(const TlsFiles& files);
  [[nodiscard]] Loaded with_new_ticket_keys() const;
  ~ServerTls();

  // Until when the certificate is good, as "2027-02-24T09:00:00Z".
  [[nodiscard]] std::string good_until() const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ServerTls(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::net
