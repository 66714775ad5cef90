// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/published.h"
#include "config/snapshot.h"
#include "gateway/call_lines.h"
#include "gateway/call_log.h"
#include "gateway/call_metrics.h"
#include "gateway/client_trusts.h"
#include "gateway/control_pool.h"
#include "gateway/options.h"
#include "gateway/running_calls.h"
#include "gateway/spill.h"
#include "gateway/token_drift.h"
#include "gateway/upstream_pool.h"
#include "gateway/waiting_line.h"
#include "keys/key_table.h"
#include "ledger/journal.h"
#include "ledger/journal_sync.h"
#include "ledger/object_book.h"
#include "net/connect.h"
#include "net/worker.h"
#include "tokens/ready_tokenizers.h"

// What a call finds on its way. Shared is what the process has one of; a worker's own is all else.
namespace tg::gateway {

class Background;
class Client;

// Threading:  each member says for itself; all of them outlive the workers.
struct Shared {
  keys::KeyTable& keys;
  const SecretBytes& pepper;
  const config::Published<config::Snapshot>& snapshot;
  const config::Published<ClientTrusts>& client_trusts;
  const net::TlsContext& tls;
  ControlPool& control;
  Options first_options;                // that each worker begins with
  ledger::JournalSync* sync = nullptr;  // null: nothing is synced
  // No call may go out before its records are on the disk (config::Durability::kCall).
  bool sync_before_sending = false;
  ledger::ObjectBook* objects = nullptr;  // from before the first worker runs
  SpillArea* spill = nullptr;             // null: forms must fit into memory
  SecretBytes metrics_token{};            // empty: nobody may read /metrics
  std::string_view version{};
  std::vector<const WorkerMetrics*> metrics{};  // of each worker, from before the first one runs
  CallLog call_log{};
  const tokens::ReadyTokenizers* tokenizers = nullptr;  // null: nothing is counted
  TokenDrift* token_drift = nullptr;                    // null: nothing is compared
};

// Threading:  its worker's only.
struct WorkerContext {
  WorkerContext(Shared& of, net::Worker& loop, std::unique_ptr<ledger::Journal> written)
      : shared{of},
        options{of.first_options},
        worker{loop},
        journal{std::move(written)},
        snapshot{of.snapshot},
        client_trusts{of.client_trusts},
        upstreams{loop, of.tls, metrics} {}

  Shared& shared;
  Options
      options;  // changed between two turns: what a call has looked up holds until it looks again
  net::Worker& worker;
  std::unique_ptr<ledger::Journal> journal;
  config::Published<config::Snapshot>::Reader snapshot;
  config::Published<ClientTrusts>::Reader client_trusts;
  WorkerMetrics metrics;
  CallLines call_lines;
  UpstreamPool upstreams;
  RunningCalls running;
  Background* background = nullptr;  // its worker's
  WaitingLine waiting{worker, metrics.waiting_calls};
  std::unordered_set<Client*> clients;  // those that are connected
  bool draining = false;
  std::uint32_t calls_until_compared = 0;  // with what is counted here

  // A new call would be one too many: those that run are served rather than all of them late.
  [[nodiscard]] bool overloaded() const noexcept {
    const bool late = options.lag_max.count() > 0 && worker.lag() > options.lag_max;
    // The last eighth is for the bodies that are on their way.
    const bool full = metrics.body_bytes.read() > options.body_bytes_in_memory_max / 8 * 7;
    return late || full || metrics.running_calls.read() >= options.running_calls_max;
  }
};

}  // namespace tg::gateway
