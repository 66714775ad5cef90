// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// Prepaid money: what was granted to an organization or to one of its projects, and the
// double-entry history of it, which only grows. A project with a grant spends its own and never its
// organization's. What calls take is written by the transfer, with the calls (credit_drain.h).
//
// Threading:  control threads; the database has one writer.
// Limits:     a grant is kGrantMax at most, 1,000 grants of one owner.
// Errors:     kDatabase; kNotFound: no such grant; kFieldInvalid: too many, or a correction that
//             would leave less than nothing.
namespace tg::ledger {

// A million dollars.
inline constexpr NanoUsd kGrantMax{1'000'000'000'000'000};

struct CreditOwner {
  std::string organization_id;
  std::string project_id{};  // empty: the organization itself

  friend auto operator<=>(const CreditOwner&, const CreditOwner&) = default;
};

struct CreditGrant {
  std::string id;  // "credit_…"
  CreditOwner owner;
  NanoUsd amount;     // with its corrections
  NanoUsd remaining;  // that a call may still take
  NanoUsd expired;    // that nobody took in time
  std::optional<WallTime> expires_at;
  std::string reason;
  std::string granted_by;
  WallTime granted_at;

  [[nodiscard]] NanoUsd used() const noexcept { return amount - remaining - expired; }
};

enum class EntryKind : std::uint8_t {
  kGrant,
  kDrain,    // a call was paid with it
  kExpiry,   // what was left when it ended
  kRevival,  // of that, for a call that had been let in before
  kCorrection,
};
[[nodiscard]] std::string_view name(EntryKind kind) noexcept;

// Accounts that are no grant's.
inline constexpr std::string_view kIssued = "issued";
inline constexpr std::string_view kUsage = "usage";
inline constexpr std::string_view kExpired = "expired";

struct CreditEntry {
  std::int64_t sequence = 0;
  WallTime at;
  EntryKind kind{};
  std::string grant_id;
  NanoUsd amount;      // never negative: it goes from one account to the other
  std::string debit;   // from
  std::string credit;  // to
  std::optional<EventId> call{};
  std::string made_by;
  std::string reason;
};

// Of one organization, or of all; oldest first.
[[nodiscard]] Result<std::vector<CreditGrant>> list_credit_grants(
    store::Database& database, const std::optional<std::string>& organization_id = std::nullopt);
[[nodiscard]] Result<std::optional<CreditGrant>> find_credit_grant(store::Database& database,
                                                                   const std::string& id);
// The newest first, older than `before` where that is not 0; of one organization.
[[nodiscard]] Result<std::vector<CreditEntry>> credit_history(store::Database& database,
                                                              const std::string& organization_id,
                                                              std::int64_t before, int limit);
// By which grants a call was paid, in the order of draining.
[[nodiscard]] Result<std::vector<CreditEntry>> credit_of_call(store::Database& database,
                                                              const EventId& id);

// `remaining` is its amount.
[[nodiscard]] Result<void> add_credit_grant(store::Database& database, const CreditGrant& grant);
struct Correction {
  std::string grant_id;
  NanoUsd amount;  // may be negative
  std::string made_by;
  std::string reason;
  WallTime at;
};
[[nodiscard]] Result<void> correct_credit(store::Database& database, const Correction& correction);
// Books what is left of grants that have ended by then.
[[nodiscard]] Result<void> expire_credits(store::Database& database, WallTime now);
// When the next one ends.
[[nodiscard]] Result<std::optional<WallTime>> next_credit_expiry(store::Database& database);

// What an owner has in all, as one balance.
struct CreditBalance {
  CreditOwner owner;
  NanoUsd remaining;
  NanoUsd used;
};
[[nodiscard]] Result<std::vector<CreditBalance>> credit_balances(store::Database& database);

}  // namespace tg::ledger
