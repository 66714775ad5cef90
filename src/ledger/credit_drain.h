// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/usage_event.h"

namespace soci {
class session;
}

// Which grants pay for a call: those that had not ended when it was let in, the oldest end first,
// then what never ends. Decided by the single writer of the ledger, in the order in which calls
// were settled, in the transaction that adds them: so each call is paid once, whatever is
// interrupted.
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
    if (event.settlement.charge > NanoUsd{}) events_.push_back(&event);
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
  struct Entry {
    const UsageEvent* event = nullptr;
    const Grant* grant = nullptr;
    bool revival = false;
    std::int64_t amount = 0;
  };
  using Owner = std::pair<std::string, std::string>;  // organization, project

  [[nodiscard]] Result<void> read_grants();
  // Null: it is billed.
  [[nodiscard]] std::vector<Grant>* grants_of(const UsageEvent& event);
  std::int64_t pay(const UsageEvent& event, std::vector<Grant>& grants);
  [[nodiscard]] Result<void> write_entries();
  [[nodiscard]] Result<void> write_grants();
  [[nodiscard]] Result<void> write_events();

  soci::session& session_;
  std::vector<const UsageEvent*> events_;
  std::map<Owner, std::vector<Grant>> grants_;
  std::vector<Entry> entries_;
  std::vector<std::pair<const UsageEvent*, std::int64_t>> paid_;
};

}  // namespace tg::ledger
