// SPDX-License-Identifier: Apache-2.0
#include "ledger/credits.h"

#include <algorithm>
#include <array>
#include <map>

#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::array<std::string_view, 5> kKindNames{"grant", "drain", "expiry", "revival",
                                                     "correction"};
constexpr std::int64_t kGrantsMax = 1'000;
constexpr std::string_view kGrantColumns =
    "SELECT id, organization_id, project_id, amount, remaining, expired, "
    "expires_ms, reason,"
    " granted_by, granted_ms FROM credit_grants";
constexpr std::string_view kEntryColumns =
    "SELECT e.sequence, e.at_ms, e.kind, e.grant_id, e.amount, e.debit, "
    "e.credit, e.epoch,"
    " e.worker, e.event_sequence, e.made_by, e.reason FROM credit_entries e";
constexpr auto kInsertEntry =
    "INSERT INTO credit_entries (sequence, at_ms, "
    "kind, grant_id, amount, debit, credit, epoch,"
    " worker, event_sequence, made_by, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?)";

CreditGrant read_grant(const Statement& row) {
  CreditGrant grant{.id = std::string{row.text(0)},
                    .owner = {.organization_id = std::string{row.text(1)},
                              .project_id = std::string{row.text(2)}},
                    .amount = NanoUsd{row.number(3)},
                    .remaining = NanoUsd{row.number(4)},
                    .expired = NanoUsd{row.number(5)},
                    .expires_at = std::nullopt,
                    .reason = std::string{row.text(7)},
                    .granted_by = std::string{row.text(8)},
                    .granted_at = from_unix_ms(row.number(9))};
  if (row.number(6) != 0) grant.expires_at = from_unix_ms(row.number(6));
  return grant;
}

Result<std::vector<CreditGrant>> read_grants(Statement& select) {
  std::vector<CreditGrant> grants;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return grants;
    grants.push_back(read_grant(select));
  }
}

Result<std::vector<CreditEntry>> read_entries(Statement& select) {
  std::vector<CreditEntry> entries;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return entries;
    const auto kind = std::ranges::find(kKindNames, select.text(2));
    if (kind == kKindNames.end()) return fail(Code::kCorrupt, "a credit entry of no known kind");
    CreditEntry entry{.sequence = select.number(0),
                      .at = from_unix_ms(select.number(1)),
                      .kind = static_cast<EntryKind>(kind - kKindNames.begin()),
                      .grant_id = std::string{select.text(3)},
                      .amount = NanoUsd{select.number(4)},
                      .debit = std::string{select.text(5)},
                      .credit = std::string{select.text(6)},
                      .made_by = std::string{select.text(10)},
                      .reason = std::string{select.text(11)}};
    if (select.number(7) != 0) {
      entry.call = EventId{.epoch = static_cast<std::uint32_t>(select.number(7)),
                           .worker = static_cast<std::uint16_t>(select.number(8)),
                           .sequence = static_cast<std::uint64_t>(select.number(9))};
    }
    entries.push_back(std::move(entry));
  }
}

Result<std::int64_t> next_sequence(soci::session& session, const char* table) {
  TG_TRY(auto last, Statement::prepare(
                        session, std::string{"SELECT COALESCE(MAX(sequence), 0) FROM "} + table));
  TG_TRY_DONE(last.step());
  const auto next = last.number(0) + 1;
  last.restart();
  return next;
}

Result<void> add_entry(soci::session& session, const CreditEntry& entry) {
  TG_TRY(const auto sequence, next_sequence(session, "credit_entries"));
  TG_TRY(auto insert, Statement::prepare(session, kInsertEntry));
  insert.bind(sequence);
  insert.bind(to_unix_ms(entry.at));
  insert.bind(name(entry.kind));
  insert.bind(std::string_view{entry.grant_id});
  insert.bind(entry.amount.count());
  insert.bind(std::string_view{entry.debit});
  insert.bind(std::string_view{entry.credit});
  insert.bind(std::string_view{entry.made_by});
  insert.bind(std::string_view{entry.reason});
  TG_TRY_DONE(insert.run());
  return {};
}

Result<std::optional<CreditGrant>> find_grant(soci::session& session, const std::string& id) {
  TG_TRY(auto select, Statement::prepare(session, std::string{kGrantColumns} + " WHERE id = ?"));
  select.bind(std::string_view{id});
  TG_TRY(auto grants, read_grants(select));
  if (grants.empty()) return std::nullopt;
  return std::move(grants.front());
}

Result<void> check_count(soci::session& session, const CreditOwner& owner) {
  TG_TRY(auto count, Statement::prepare(session,
                                        "SELECT COUNT(*) FROM credit_grants"
                                        " WHERE organization_id = ? AND project_id = ?"));
  count.bind(std::string_view{owner.organization_id});
  count.bind(std::string_view{owner.project_id});
  TG_TRY_DONE(count.step());
  const bool full = count.number(0) >= kGrantsMax;
  count.restart();
  if (full) return fail(Code::kFieldInvalid, "it has 1,000 grants already");
  return {};
}

}  // namespace

std::string_view name(EntryKind kind) noexcept {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

Result<std::vector<CreditGrant>> list_credit_grants(
    store::Database& database, const std::optional<std::string>& organization_id) {
  std::vector<CreditGrant> grants;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string sql{kGrantColumns};
    if (organization_id) sql += " WHERE organization_id = ?";
    TG_TRY(auto select, Statement::prepare(session, sql + " ORDER BY sequence"));
    if (organization_id) select.bind(std::string_view{*organization_id});
    TG_TRY(grants, read_grants(select));
    return {};
  }));
  return grants;
}

Result<std::optional<CreditGrant>> find_credit_grant(store::Database& database,
                                                     const std::string& id) {
  std::optional<CreditGrant> grant;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(grant, find_grant(session, id));
    return {};
  }));
  return grant;
}

Result<std::vector<CreditEntry>> credit_history(store::Database& database,
                                                const std::string& organization_id,
                                                std::int64_t before, int limit) {
  std::vector<CreditEntry> entries;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string sql{kEntryColumns};
    sql +=
        " JOIN credit_grants g ON g.id = e.grant_id WHERE g.organization_id "
        "= ?";
    if (before > 0) sql += " AND e.sequence < ?";
    TG_TRY(auto select, Statement::prepare(session, sql + " ORDER BY e.sequence DESC LIMIT ?"));
    select.bind(std::string_view{organization_id});
    if (before > 0) select.bind(before);
    select.bind(std::int64_t{limit});
    TG_TRY(entries, read_entries(select));
    return {};
  }));
  return entries;
}

Result<std::vector<CreditEntry>> credit_of_call(store::Database& database, const EventId& id) {
  std::vector<CreditEntry> entries;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select,
           Statement::prepare(session, std::string{kEntryColumns} +
                                           " WHERE e.epoch = ? AND e.worker = ?"
                                           " AND e.event_sequence = ? AND e.kind = 'drain'"
                                           " ORDER BY e.sequence"));
    select.bind(id.epoch);
    select.bind(id.worker);
    select.bind(static_cast<std::int64_t>(id.sequence));
    TG_TRY(entries, read_entries(select));
    return {};
  }));
  return entries;
}

Result<void> add_credit_grant(store::Database& database, const CreditGrant& grant) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_count(session, grant.owner));
    TG_TRY(const auto sequence, next_sequence(session, "credit_grants"));
    TG_TRY(auto insert,
           Statement::prepare(session,
                              "INSERT INTO credit_grants (sequence, id, organization_id,"
                              " project_id, amount, remaining, expired, expires_ms, reason,"
                              " granted_by, granted_ms)"
                              " VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"));
    insert.bind(sequence);
    insert.bind(std::string_view{grant.id});
    insert.bind(std::string_view{grant.owner.organization_id});
    insert.bind(std::string_view{grant.owner.project_id});
    insert.bind(grant.amount.count());
    insert.bind(grant.amount.count());
    insert.bind(grant.expires_at ? to_unix_ms(*grant.expires_at) : std::int64_t{0});
    insert.bind(std::string_view{grant.reason});
    insert.bind(std::string_view{grant.granted_by});
    insert.bind(to_unix_ms(grant.granted_at));
    TG_TRY_DONE(insert.run());
    return add_entry(session, {.at = grant.granted_at,
                               .kind = EntryKind::kGrant,
                               .grant_id = grant.id,
                               .amount = grant.amount,
                               .debit = std::string{kIssued},
                               .credit = grant.id,
                               .made_by = grant.granted_by,
                               .reason = grant.reason});
  });
}

Result<void> correct_credit(store::Database& database, const Correction& correction) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto grant, find_grant(session, correction.grant_id));
    if (!grant) return fail(Code::kNotFound, "there is no such grant");
    const auto remaining = grant->remaining + correction.amount;
    if (remaining < NanoUsd{} || grant->amount + correction.amount > kGrantMax) {
      return fail(Code::kFieldInvalid, "it would leave less than nothing, or too much");
    }
    TG_TRY(auto update, Statement::prepare(session,
                                           "UPDATE credit_grants SET amount = amount + ?,"
                                           " remaining = remaining + ? WHERE id = ?"));
    update.bind(correction.amount.count());
    update.bind(correction.amount.count());
    update.bind(std::string_view{correction.grant_id});
    TG_TRY_DONE(update.run());
    const bool more = correction.amount > NanoUsd{};
    return add_entry(session, {.at = correction.at,
                               .kind = EntryKind::kCorrection,
                               .grant_id = grant->id,
                               .amount = more ? correction.amount : NanoUsd{} - correction.amount,
                               .debit = more ? std::string{kIssued} : grant->id,
                               .credit = more ? grant->id : std::string{kIssued},
                               .made_by = correction.made_by,
                               .reason = correction.reason});
  });
}

Result<void> expire_credits(store::Database& database, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session, std::string{kGrantColumns} +
                                                        " WHERE remaining > 0 AND expires_ms <> 0"
                                                        " AND expires_ms <= ? ORDER BY sequence"));
    select.bind(to_unix_ms(now));
    TG_TRY(const auto ended, read_grants(select));
    for (const auto& grant : ended) {
      TG_TRY(auto update, Statement::prepare(session,
                                             "UPDATE credit_grants SET expired = expired +"
                                             " remaining, remaining = 0 WHERE id = ?"));
      update.bind(std::string_view{grant.id});
      TG_TRY_DONE(update.run());
      TG_TRY_DONE(add_entry(session, {.at = *grant.expires_at,
                                      .kind = EntryKind::kExpiry,
                                      .grant_id = grant.id,
                                      .amount = grant.remaining,
                                      .debit = grant.id,
                                      .credit = std::string{kExpired},
                                      .made_by = {},
                                      .reason = {}}));
    }
    return {};
  });
}

Result<std::optional<WallTime>> next_credit_expiry(store::Database& database) {
  std::int64_t next_ms = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session,
                                           "SELECT COALESCE(MIN(expires_ms), 0) FROM credit_grants"
                                           " WHERE remaining > 0 AND expires_ms <> 0"));
    TG_TRY_DONE(select.step());
    next_ms = select.number(0);
    return {};
  }));
  return next_ms == 0 ? std::nullopt : std::optional{from_unix_ms(next_ms)};
}

Result<std::vector<CreditBalance>> credit_balances(store::Database& database) {
  TG_TRY(const auto grants, list_credit_grants(database));
  std::map<CreditOwner, CreditBalance> balances;
  for (const auto& grant : grants) {
    auto& balance = balances[grant.owner];
    balance.owner = grant.owner;
    balance.remaining += grant.remaining;
    balance.used += grant.used();
  }
  std::vector<CreditBalance> all;
  for (auto& [owner, balance] : balances) all.push_back(std::move(balance));
  return all;
}

}  // namespace tg::ledger
