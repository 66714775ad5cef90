// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_pool.h"

#include <algorithm>
#include <utility>

#include "net/coarse_clock.h"

namespace tg::gateway {
namespace {

constexpr std::size_t kIdleMax = 128;
constexpr std::chrono::seconds kIdleTimeMax{60};

}  // namespace

UpstreamPool::Idle* UpstreamPool::find(const config::Provider& provider) noexcept {
  const auto found = std::ranges::find_if(idle_, [&provider](const Idle& idle) {
    return idle.port == provider.port && idle.tls == provider.tls && idle.host == provider.host;
  });
  return found == idle_.end() ? nullptr : &*found;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::take_idle(const config::Provider& provider) {
  auto* idle = find(provider);
  if (idle == nullptr) return nullptr;
  auto& connections = idle->connections;
  const auto now = net::coarse_now();
  while (!connections.empty()) {
    auto connection = std::move(connections.back());  // the warmest
    connections.pop_back();
    metrics_.upstream_idle.add(-1);
    // Not quiet: it is closed, or the upstream speaks unasked.
    const bool fresh = now - connection->idle_since < kIdleTimeMax;
    if (fresh && connection->stream->quiet()) {
      connection->reused = true;
      metrics_.upstream_reused.add(1);
      return connection;
    }
  }
  return nullptr;
}

net::Task<Result<std::unique_ptr<UpstreamConnection>>> UpstreamPool::connect(
    std::shared_ptr<const config::Provider> provider, SteadyTime deadline) {
  net::UpstreamAddress address{provider->host, provider->port, provider->tls};
  auto stream = co_await net::connect(worker_, tls_, std::move(address), deadline);
  (stream ? metrics_.upstream_opened : metrics_.upstream_failed).add(1);
  if (!stream) co_return std::unexpected(stream.error());
  auto connection = std::make_unique<UpstreamConnection>();
  connection->stream = std::move(*stream);
  co_return connection;
}

void UpstreamPool::give_back(const config::Provider& provider,
                             std::unique_ptr<UpstreamConnection> connection) {
  auto* idle = find(provider);
  if (idle == nullptr) {
    idle_.push_back(
        {.host = provider.host, .port = provider.port, .tls = provider.tls, .connections = {}});
    idle = &idle_.back();
  }
  auto& connections = idle->connections;
  if (connections.size() >= kIdleMax) return;
  connection->idle_since = net::coarse_now();
  connections.push_back(std::move(connection));
  metrics_.upstream_idle.add(1);
}

}  // namespace tg::gateway
