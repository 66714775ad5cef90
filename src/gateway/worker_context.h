// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>

#include "config/published.h"
#include "config/snapshot.h"
#include "gateway/control_pool.h"
#include "gateway/options.h"
#include "gateway/running_calls.h"
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
  // Set where no call may go out before its records are on the disk (config::Durability::kCall).
  ledger::JournalSync* sync_before_sending = nullptr;
};

// Threading:  its worker's only.
struct WorkerContext {
  WorkerContext(Shared& of, net::Worker& loop, std::unique_ptr<ledger::Journal> written)
      : shared{of},
        worker{loop},
        journal{std::move(written)},
        snapshot{of.snapshot},
        upstreams{loop, of.tls} {}

  Shared& shared;
  net::Worker& worker;
  std::unique_ptr<ledger::Journal> journal;
  config::Published<config::Snapshot>::Reader snapshot;
  UpstreamPool upstreams;
  RunningCalls running;
  std::unordered_set<Client*> clients;  // those that are connected
  bool draining = false;
};

}  // namespace tg::gateway
