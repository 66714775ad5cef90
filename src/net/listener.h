// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/server_tls.h"
#include "net/stream.h"

// Accepts a worker's share of connections: each worker has a listener of its own on the same
// address (SO_REUSEPORT), and the kernel spreads connections over them.
//
// Threading:  made before its worker runs; then its worker's. close() from the worker.
// Errors:     kIo with the errno of what failed, for the message at start.
namespace tg::net {

struct ListenAddress {
  std::string host;  // numeric, IPv4 or IPv6
  std::uint16_t port = 0;
};

class Listener {
 public:
  using OnAccept =
      std::move_only_function<void(std::unique_ptr<Stream> stream, std::string peer_address)>;

  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(Worker& worker,
                                                              const ListenAddress& address);
  ~Listener();

  // Whether nobody listens there yet: SO_REUSEPORT would let two servers share a port and never
  // tell. Asked once, before the first worker's listener.
  [[nodiscard]] static Result<void> check_free(const ListenAddress& address);

  // The port that was given, where port 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;
  // With which connections from now on are accepted; null: plain. From the worker, once it runs.
  void set_tls(std::shared_ptr<const ServerTls> tls);
  // Whether connections from now on are asked for a certificate of the client's; who has none is
  // accepted as well. From the worker, once it runs.
  void ask_for_certificates(bool asked);
  // Streams over TLS come before their handshake, so that whoever counts connections counts them.
  void start(OnAccept on_accept);
  void close();

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::net
