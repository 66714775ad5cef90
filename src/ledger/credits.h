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

namespace soci {
class session;
}

// Prepaid money: what was granted to an organization or to one of its projects, and the
// double-entry history of it, which only grows. A project with a grant spends its own and never its
// organization's; who was granted nothing, or of whom all was taken back, is billed. What calls
// take is written by the transfer, with the calls (credit_drain.h).
//
// Threading:  control threads; the database has one writer.
// Limits:     a grant is kGrantMax at most; an owner has kGrantsMax of which something is left.
// Errors:     kDatabase; kNotFound: no such grant; kFieldInvalid: too many, or a correction that
//             would leave less than nothing; kConflict: what is corrected has ended.
namespace tg::ledger {

// A million dollars.
inline constexpr NanoUsd kGrantMax{1'000'000'000'000'000};
inline constexpr std::int64_t kGrantsMax = 1'000;

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
  std::int64_t sequence = 0;  // the order of grants

  [[nodiscard]] NanoUsd used() const noexcept { return amount - remaining - expired; }
  [[nodiscard]] bool has_ended(WallTime now) const noexcept {
    return expires_at && *expires_at <= now;
  }
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
  CreditOwner owner;
  NanoUsd amount;      // more than nothing: it goes from one account to the other
  std::string debit;   // from
  std::string credit;  // to
  std::optional<EventId> call{};
  std::string made_by;
  std::string reason;
};

struct CreditQuery {
  std::string organization_id;
  std::optional<std::vector<std::string>> project_ids{};  // of these alone; nothing: all of it
  std::string after{};                                    // a grant: those that are older
  int limit = 100;
};
// The newest first. kNotFound: there is no grant `after`.
[[nodiscard]] Result<std::vector<CreditGrant>> list_credit_grants(store::Database& database,
                                                                  const CreditQuery& query);
// Of which calls may still take something, of everybody: what is left, or what has ended.
[[nodiscard]] Result<std::vector<CreditGrant>> open_credit_grants(store::Database& database);
[[nodiscard]] Result<CreditGrant> find_credit_grant(soci::session& session, const std::string& id);
[[nodiscard]] Result<CreditGrant> find_credit_grant(store::Database& database,
                                                    const std::string& id);

struct EntryQuery {
  std::string organization_id;
  std::string grant_id{};   // of this one alone
  std::int64_t before = 0;  // with a smaller sequence; 0: all
  int limit = 100;
};
// The newest first.
[[nodiscard]] Result<std::vector<CreditEntry>> credit_history(store::Database& database,
                                                              const EntryQuery& query);
// By which grants a call was paid, in the order of draining.
[[nodiscard]] Result<std::vector<CreditEntry>> credit_of_call(store::Database& database,
                                                              const EventId& id);

// What an owner has in all. Grants that have ended, booked or not, have nothing left.
struct CreditBalance {
  CreditOwner owner;
  NanoUsd remaining;
  NanoUsd used;
  std::optional<WallTime> next_end{};  // of those with something left
};
// Of everybody whose calls are paid with credit, or of one organization and its projects.
[[nodiscard]] Result<std::vector<CreditBalance>> credit_balances(
    store::Database& database, WallTime now, const std::string& organization_id = {});

// Who was ever granted something.
[[nodiscard]] Result<std::vector<CreditOwner>> credit_owners(store::Database& database);

// How low it is: of what calls may still take something of, else of the last grant.
struct CreditStanding {
  CreditOwner owner;
  NanoUsd granted;
  NanoUsd left;
};
// Nothing: the owner is billed.
[[nodiscard]] Result<std::optional<CreditStanding>> credit_standing(soci::session& session,
                                                                    const CreditOwner& owner,
                                                                    WallTime now);

// Inside a Database::write(), with the audit's entry. `amount` is what it has, and no other money
// is read.
[[nodiscard]] Result<void> add_credit_grant(soci::session& session, const CreditGrant& grant);
struct Correction {
  std::string grant_id;
  NanoUsd amount;  // may be negative
  std::string made_by;
  std::string reason;
  WallTime at;
};
[[nodiscard]] Result<void> correct_credit(soci::session& session, const Correction& correction);
// Books what is left of grants that have ended by then, and says whose.
[[nodiscard]] Result<std::vector<CreditOwner>> expire_credits(store::Database& database,
                                                              WallTime now);

// More or less of a grant, or a new one, as the running server has to know it.
struct CreditChange {
  CreditOwner owner;
  std::string grant_id;
  NanoUsd by;
  std::optional<WallTime> expires_at;
  std::int64_t sequence = INT64_MAX;  // a new one is the last
};

}  // namespace tg::ledger
