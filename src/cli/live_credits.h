// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "cli/price_clock.h"
#include "gateway/server.h"
#include "keys/key_table.h"
#include "ledger/credits.h"
#include "ledger/transfer.h"
#include "limits/credit_limit.h"
#include "store/database.h"

// Credit as the data plane sees it: of each owner one limits::CreditLimit, which its calls hold
// like any other limit. The transfer alone says by which grant a call is paid; both count the same
// calls, since a change is made at a cut, and so they agree grant by grant.
//
// Threading:  load() and start_enforcing() before the workers start; change(), read() and
// standing()
//             on control threads. A thread of its own ends grants when their time has come.
// Errors:     kDatabase; kConflict: the grant has ended, or calls hold what would be taken back.
//             Then all is as it was.
namespace tg::cli {

class LiveCredits {
 public:
  // Hears whose grants were booked as ended, on the thread that ends them.
  using OnEnded = std::function<void(const std::vector<ledger::CreditOwner>& owners)>;

  LiveCredits(store::Database& database, keys::KeyTable& keys) : database_{database}, keys_{keys} {}

  [[nodiscard]] Result<void> load();
  void start_enforcing();
  // Before start().
  void set_on_ended(OnEnded on_ended) { on_ended_ = std::move(on_ended); }
  // After start_enforcing(), before the server's start.
  void connect(gateway::Server& server, ledger::Transfer& transfer);
  // From when the server runs until stop().
  void start();
  void stop();

  // `act` writes the change into the database.
  [[nodiscard]] Result<void> change(const ledger::CreditChange& change,
                                    const std::function<Result<void>()>& act);
  // Nothing: it has no credit, and is billed.
  [[nodiscard]] std::optional<limits::Reading> read(const ledger::CreditOwner& owner) const;
  // At rest: what is left of each grant that may still pay.
  [[nodiscard]] std::vector<limits::CreditGrant> standing() const;

 private:
  [[nodiscard]] limits::LimitSet& set_of(const ledger::CreditOwner& owner);
  [[nodiscard]] limits::CreditLimit* find(const ledger::CreditOwner& owner) const;
  void attach(const ledger::CreditOwner& owner, std::vector<limits::CreditGrant> grants,
              NanoUsd used);
  [[nodiscard]] Result<void> change_first(const ledger::CreditChange& change,
                                          const std::function<Result<void>()>& act);
  [[nodiscard]] Result<void> change_at_cut(limits::CreditLimit& limit,
                                           const ledger::CreditChange& change,
                                           const std::function<Result<void>()>& act);
  void detach_where_all_was_taken_back(const ledger::CreditOwner& owner);
  void end_grants();

  store::Database& database_;
  keys::KeyTable& keys_;
  OnEnded on_ended_;
  gateway::Server* server_ = nullptr;
  ledger::Transfer* transfer_ = nullptr;
  std::mutex changing_;       // one change after the other
  mutable std::mutex mutex_;  // of what follows
  std::map<ledger::CreditOwner, limits::CreditLimit*> live_;
  std::multimap<WallTime, ledger::CreditOwner> ends_;
  PriceClock clock_{[this] { end_grants(); }};
};

}  // namespace tg::cli
