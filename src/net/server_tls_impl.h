// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "net/server_tls.h"
#include "net/stream_impl.h"

// OpenSSL's part of a ServerTls; seen by net/'s sources only.
namespace tg::net {

struct SslContextFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContextPointer = std::unique_ptr<SSL_CTX, SslContextFree>;

struct ServerTls::Impl {
  SslContextPointer context;
  SslContextPointer asking;  // the client for a certificate
};

// For a connection that was accepted; its handshake is the stream's first act. Null when memory or
// the descriptor is gone.
[[nodiscard]] SslPointer make_server_ssl(const ServerTls& tls, bool asks_for_certificate, int fd);

}  // namespace tg::net
