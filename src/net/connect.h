// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/proxy.h"
#include "base/result.h"
#include "net/stream.h"
#include "net/task.h"

// Opens connections to upstreams, those over TLS through a proxy where there is one. Names are
// resolved by net/resolver, never on a worker. Each address that a name leads to is
// judged by net/address_rules.h right before it is connected to; one that is refused is passed
// over, and the others are tried. Through a proxy it is the proxy that resolves the name; only a
// host that is an address itself can be judged then. The proxy's own address is the operator's
// choice.
//
// Threading:  a TlsContext is shared by all workers and never changed; connect() on a worker.
// Errors:     kUpstreamUnreachable (name, refused, reset, no address allowed), kUpstreamTimeout,
//             kUpstreamTls (the certificate is not trusted, not for this host, expired; or no
//             handshake).
namespace tg::net {

// What connections to upstreams have in common.
class TlsContext {
 public:
  // The system's roots, or those of a PEM bundle. TLS 1.2 and newer; verification cannot be
  // turned off.
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>> open(
      const std::string& bundle_path, std::shared_ptr<const Proxy> proxy = {});
  ~TlsContext();

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct UpstreamAddress {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
};

// `worker` and `tls` outlive the task.
[[nodiscard]] Task<Result<std::unique_ptr<Stream>>> connect(Worker& worker, const TlsContext& tls,
                                                            UpstreamAddress address,
                                                            SteadyTime deadline);

}  // namespace tg::net
