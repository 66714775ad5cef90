// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/usage_event.h"

namespace soci {
class session;
}

// Which grants pay for a call that was let in with credit: those that had not ended at that
// instant, the earliest end first, then what never ends. Decided by the single writer of the
// ledger, in the order in which calls were settled, in the transaction that adds them: so each call
// is paid once, whatever is interrupted.
//
// Threading:  that of its transaction.
// Lifetime:   one transaction. The events outlive it.
// Errors:     kDatabase.
namespace tg::ledger {

class CreditDrain {
 public:
  explicit CreditDrain(soci::session& session) : session_{session} {}

  // A call that was not in the ledger yet.
  void add(const UsageEvent& event) {
    const auto& admission = event.admission;
    if (admission.credit_of == CreditOf::kNobody || event.settlement.charge <= NanoUsd{}) return;
    events_.push_back(&event);
    earliest_ = std::min(earliest_, admission.at);
  }
  // Pays for all of them.
  [[nodiscard]] Result<void> run();

 private:
  struct Grant {
    std::int64_t sequence = 0;
    std::string id;
    std::int64_t remaining = 0;
    std::int64_t expired = 0;
    std::int64_t expires_ms = 0;
    bool changed = false;
  };
  using Owner = std::pair<std::string, std::string>;  // organization, project
  using Grants = std::map<Owner, std::vector<Grant>>;
  using OwnGrants = Grants::value_type;
  struct Entry {
    const UsageEvent* event = nullptr;
    const Owner* owner = nullptr;
    const std::string* grant_id = nullptr;
    bool revival = false;
    std::int64_t amount = 0;
  };
  // That may pay for it. Read once.
  [[nodiscard]] Result<OwnGrants*> find(const UsageEvent& event);
  [[nodiscard]] Result<std::vector<Grant>> read_grants(const Owner& owner);
  std::int64_t pay(const UsageEvent& event, const Owner& owner, std::vector<Grant>& grants);
  [[nodiscard]] Result<void> write_entries();
  [[nodiscard]] Result<void> write_grants();
  [[nodiscard]] Result<void> write_events();

  soci::session& session_;
  std::vector<const UsageEvent*> events_;
  WallTime earliest_ = WallTime::max();  // of what they were let in at
  Grants grants_;
  std::vector<Entry> entries_;
  std::vector<std::pair<const UsageEvent*, std::int64_t>> paid_;
};

}  // namespace tg::ledger
