// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "identity/audit.h"
#include "identity/audit_chain.h"

// Whether the audit log is what was written: every chain from its first entry to its head.
//
// Threading:  any control thread; one transaction.
// Limits:     100 findings. The first of a chain is exact; those after it may follow from it.
namespace tg::identity {

struct AuditFinding {
  std::string chain;
  std::int64_t sequence = 0;
  std::string what;  // "the entry is missing"
};

struct AuditReport {
  std::int64_t entries = 0;
  std::int64_t chains = 0;
  bool heads_sealed = false;  // their seals could be checked
  std::vector<AuditFinding> findings;
};

[[nodiscard]] Result<AuditReport> check_audit(store::Database& database);

// The same over what somebody reads to it: each chain's entries in their order, then its head.
class AuditChecker {
 public:
  // Without a key the seals are not looked at.
  explicit AuditChecker(const SecretBytes* key = nullptr) : key_{key} {}

  void add(const AuditRecord& record);
  // After the last entry of its chain; what has no entries comes here alone.
  void add(const AuditHead& head);
  // What is wrong with no entry in particular.
  void note(std::string chain, std::int64_t sequence, std::string what);
  [[nodiscard]] AuditReport finish();

 private:
  void leave_chain();

  const SecretBytes* key_;
  AuditReport report_;
  bool inside_ = false;  // between a chain's first entry and its head
  std::string chain_;
  std::int64_t sequence_ = 0;
  std::string hash_;
  int chain_version_ = 2;
};

}  // namespace tg::identity
