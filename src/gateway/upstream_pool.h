// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.h"
#include "gateway/call_metrics.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/task.h"

// Idle connections to upstreams, kept for the next call. A stream knows without being read when its
// peer closes it, and so one that the upstream has closed is not taken.
//
// Threading:  one per worker, used by it alone.
// Limits:     128 idle connections a provider; each is dropped after 60 s of idling.
namespace tg::gateway {

struct UpstreamConnection {
  std::unique_ptr<net::Stream> stream;
  bool reused = false;
  SteadyTime idle_since{};
};

class UpstreamPool {
 public:
  UpstreamPool(net::Worker& worker, const net::TlsContext& tls, WorkerMetrics& metrics)
      : worker_{worker}, tls_{tls}, metrics_{metrics} {}
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  // An idle connection, or null.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> take_idle(const config::Provider& provider);
  [[nodiscard]] net::Task<Result<std::unique_ptr<UpstreamConnection>>> connect(
      std::shared_ptr<const config::Provider> provider, SteadyTime deadline);
  // The last answer was read to its end and the upstream keeps the connection.
  void give_back(const config::Provider& provider, std::unique_ptr<UpstreamConnection> connection);
  [[nodiscard]] net::BufferPool& buffers() noexcept { return worker_.buffers(); }

 private:
  // Of one address, so that a provider that was changed does not get the old one's connections.
  // They are few, and looking through them costs less than to make a key.
  struct Idle {
    std::string host;
    std::uint16_t port;
    bool tls;
    std::vector<std::unique_ptr<UpstreamConnection>> connections;
  };
  [[nodiscard]] Idle* find(const config::Provider& provider) noexcept;

  net::Worker& worker_;
  const net::TlsContext& tls_;
  WorkerMetrics& metrics_;
  std::vector<Idle> idle_;
};

}  // namespace tg::gateway
