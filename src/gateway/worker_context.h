// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/published.h"
#include "config/snapshot.h"
#include "gateway/call_metrics.h"
#include "gateway/control_pool.h"
#include "gateway/options.h"
#include "gateway/running_calls.h"
#include "gateway/spill.h"
#include "gateway/upstream_pool.h"
#include "keys/key_table.h"
#include "ledger/journal.h"
#include "ledger/journal_sync.h"
#include "net/connect.h"
#include "net/worker.h"

// What a call finds on its way. Shared is what the process has one of; a worker's own is all else.
namespace tg::gateway {

class Client;

// Threading:  each member says for itself; all of them outlive the workers.
struct Shared {
  keys::KeyTable& keys;
  const SecretBytes& pepper;
  const config::Published<config::Snapshot>& snapshot;
  const net::TlsContext& tls;
  ControlPool& control;
  Options options;
  ledger::JournalSync* sync = nullptr;  // null: nothing is synced
  // No call may go out before its records are on the disk (config::Durability::kCall).
  bool sync_before_sending = false;
  SpillArea* spill = nullptr;   // null: forms must fit into memory
  SecretBytes metrics_token{};  // empty: nobody may read /metrics
  std::string_view version{};
  std::vector<const WorkerMetrics*> metrics{};  // of each worker, from before the first one runs
};

// Threading:  its worker's only.
struct WorkerContext {
  WorkerContext(Shared& of, net::Worker& loop, std::unique_ptr<ledger::Journal> written)
      : shared{of},
        worker{loop},
        journal{std::move(written)},
        snapshot{of.snapshot},
        upstreams{loop, of.tls, metrics} {}

  Shared& shared;
  net::Worker& worker;
  std::unique_ptr<ledger::Journal> journal;
  config::Published<config::Snapshot>::Reader snapshot;
  WorkerMetrics metrics;
  UpstreamPool upstreams;
  RunningCalls running;
  std::unordered_set<Client*> clients;  // those that are connected
  bool draining = false;
};

}  // namespace tg::gateway
