// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "cli/price_clock.h"
#include "gateway/server.h"
#include "keys/key_table.h"
#include "ledger/credits.h"
#include "ledger/transfer.h"
#include "limits/limit.h"
#include "store/database.h"

// Credit as the data plane sees it: of each owner one limit, whose amount is all that calls have
// taken and what is left. The transfer alone says by which grant a call is paid; both count each
// settlement from the same cut on, so they agree.
//
// Where a grant ends, what calls hold of it stays held and is paid with it; for new calls it is
// gone at once, and what those calls did take is given back to the balance within a minute.
//
// Threading:  load() and start_enforcing() before the workers start; change() and read() on control
//             threads. A thread of its own ends grants when their time has come.
// Errors:     kDatabase; then the grants are as they were.
namespace tg::cli {

class LiveCredits {
 public:
  LiveCredits(store::Database& database, keys::KeyTable& keys) : database_{database}, keys_{keys} {}

  [[nodiscard]] Result<void> load();
  void start_enforcing();
  // From when the server runs until stop().
  void start(gateway::Server& server, ledger::Transfer& transfer);
  void stop();

  // `act` changes the owner's grants in the database.
  [[nodiscard]] Result<void> change(const ledger::CreditOwner& owner,
                                    const std::function<Result<void>()>& act);
  // Nothing: it has no credit, and is billed.
  [[nodiscard]] std::optional<limits::Reading> read(const ledger::CreditOwner& owner) const;

 private:
  [[nodiscard]] limits::LimitSet& set_of(const ledger::CreditOwner& owner);
  [[nodiscard]] Result<void> change_at_cut(const ledger::CreditOwner& owner,
                                           const std::function<Result<void>()>& act);
  void end_grants();
  [[nodiscard]] Result<std::optional<WallTime>> end_due_grants();

  store::Database& database_;
  keys::KeyTable& keys_;
  gateway::Server* server_ = nullptr;
  ledger::Transfer* transfer_ = nullptr;
  mutable std::mutex mutex_;
  std::map<ledger::CreditOwner, limits::Limit*> live_;
  std::mutex changing_;  // one cut after the other
  PriceClock clock_{[this] { end_grants(); }};
};

}  // namespace tg::cli
