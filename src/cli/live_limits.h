// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "gateway/server.h"
#include "identity/limits.h"
#include "keys/key_table.h"
#include "ledger/transfer.h"
#include "limits/limit.h"
#include "store/database.h"

// The limits of the database, live on the keys, owners, projects and organizations that they limit.
//
// Threading:  load() and start_enforcing() before the workers start; the rest on control threads.
// Errors:     kDatabase where what was spent before cannot be read.
namespace tg::cli {

class LiveLimits {
 public:
  LiveLimits(store::Database& database, keys::KeyTable& keys) : database_{database}, keys_{keys} {}

  // All of them, with what the ledger says was spent. They refuse from start_enforcing() on: work
  // of earlier servers is held before.
  [[nodiscard]] Result<void> load();
  void start_enforcing();
  // A new one starts from a cut: from one instant on every settlement counts on it, and what was
  // settled before comes from the ledger. It refuses from when this returns.
  [[nodiscard]] Result<void> set(const identity::LimitChange& change, gateway::Server& server,
                                 ledger::Transfer& transfer);
  void remove(const identity::LimitRecord& record);

  // Nothing where no call counts on it.
  [[nodiscard]] std::optional<limits::Reading> read(const identity::LimitRecord& record) const;

  // Calls `visit(record, limit)` for every one that calls count on.
  using Visit = std::function<void(const identity::LimitRecord&, const limits::Limit&)>;
  void for_each(const Visit& visit) const;

 private:
  // Whose calls it limits; null where nobody could call: a key that is unknown or revoked.
  [[nodiscard]] limits::LimitSet* set_of(const identity::LimitRecord& record);
  [[nodiscard]] limits::Limit* find(const std::string& limit_id) const;
  void attach(const identity::LimitRecord& record, limits::LimitSet& set,
              std::unique_ptr<limits::Limit> limit);

  struct Live {
    identity::LimitRecord record;
    limits::LimitSet* set;
    limits::Limit* limit;
  };
  store::Database& database_;
  keys::KeyTable& keys_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Live> live_;  // by the limit's id
};

}  // namespace tg::cli
