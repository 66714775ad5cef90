// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "net/client_certificate.h"

// OpenSSL's part of clients' certificates; seen by net/'s sources only.
namespace tg::net {

struct StoreFree {
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};

// A store each: of anchors of the same name, as an authority has that was made anew, OpenSSL looks
// at one only.
struct ClientTrust::Impl {
  std::vector<std::unique_ptr<X509_STORE, StoreFree>> stores;
};

// Makes a server's context ask for a certificate. Whose it is cannot be judged in the handshake,
// for the key that says which anchors count comes later: so any is taken, once its holder has
// proved to have its private key, and kept for verify_client_of(). A session with one is never
// resumed: every connection proves it anew, with all that stands between it and an anchor, which a
// ticket would lose. False where OpenSSL refuses.
[[nodiscard]] bool ask_for_certificates(SSL_CTX& context);

[[nodiscard]] ClientVerdict verify_client_of(SSL& ssl, const ClientTrust& trust, WallTime now);

}  // namespace tg::net
