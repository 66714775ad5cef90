// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <string>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "identity/limits.h"
#include "ledger/credits.h"
#include "notify/alert_pass.h"

// Tells the owners of an organization or project that its credit runs low: when a fifth of it, a
// twentieth and nothing is left, each once until the balance is above that again.
//
// Threading:  any control thread.
// Errors:     kDatabase, kOverloaded, kRateLimit: look again later, for nothing of it was written,
// or may be.
namespace tg::notify {

struct CreditBalance {
  identity::LimitScope scope = identity::LimitScope::kOrganization;  // or kProject
  std::string target_id;
  std::string organization_id;
  std::string target_name;
  NanoUsd granted;  // by all grants that count now
  NanoUsd left;     // of them; zero or less: used up
};

// After a settlement that drained credit, and after a grant, a correction or an expiry: in the
// transaction that wrote it, or in a Database::write() of its own. The number of mails.
[[nodiscard]] Result<int> tell_low_credit(soci::session& session, const AlertDesk& desk,
                                          const CreditBalance& balance, WallTime now = wall_now());

// As the ledger says; in a transaction of its own where there is something to tell or to forget.
[[nodiscard]] Result<int> look_at_credit(const AlertDesk& desk, const ledger::CreditOwner& owner,
                                         WallTime now = wall_now());

}  // namespace tg::notify
