// SPDX-License-Identifier: Apache-2.0
#include "ledger/credits.h"

#include <algorithm>
#include <array>

#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::array<std::string_view, 5> kKindNames{"grant", "drain", "expiry", "revival",
                                                     "correction"};
constexpr std::string_view kGrantColumns =
    "SELECT id, organization_id, project_id, amount, remaining, expired, expires_ms, reason,"
    " granted_by, granted_ms, sequence FROM credit_grants";
constexpr std::string_view kEntryColumns =
    "SELECT sequence, at_ms, kind, grant_id, amount, debit, credit, epoch, worker, event_sequence,"
    " made_by, reason, organization_id, project_id FROM credit_entries";

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
                    .granted_at = from_unix_ms(row.number(9)),
                    .sequence = row.number(10)};
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
    const auto* kind = std::ranges::find(kKindNames, select.text(2));
    if (kind == kKindNames.end()) return fail(Code::kCorrupt, "a credit entry of no known kind");
    CreditEntry entry{.sequence = select.number(0),
                      .at = from_unix_ms(select.number(1)),
                      .kind = static_cast<EntryKind>(kind - kKindNames.begin()),
                      .grant_id = std::string{select.text(3)},
                      .owner = {.organization_id = std::string{select.text(12)},
                                .project_id = std::string{select.text(13)}},
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

Result<std::vector<CreditGrant>> select_grants(soci::session& session, const CreditQuery& query,
                                               std::int64_t before) {
  std::string sql{kGrantColumns};
  sql += " WHERE organization_id = ? AND sequence < ?";
  if (query.project_ids) {
    sql += " AND project_id IN (''";
    for (std::size_t i = 0; i < query.project_ids->size(); ++i) sql += ",?";
    sql += ") AND project_id <> ''";
  }
  TG_TRY(auto select, Statement::prepare(session, sql + " ORDER BY sequence DESC LIMIT ?"));
  select.bind(std::string_view{query.organization_id});
  select.bind(before);
  if (query.project_ids) {
    for (const auto& id : *query.project_ids) select.bind(std::string_view{id});
  }
  select.bind(std::int64_t{query.limit});
  return read_grants(select);
}

// One owner's whole balance is a row.
Result<std::vector<CreditBalance>> read_balances(Statement& select) {
  std::vector<CreditBalance> balances;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return balances;
    auto& balance = balances.emplace_back();
    balance.owner = {.organization_id = std::string{select.text(0)},
                     .project_id = std::string{select.text(1)}};
    balance.remaining = NanoUsd{select.number(2)};
    balance.used = NanoUsd{select.number(3)};
    if (select.number(4) != 0) balance.next_end = from_unix_ms(select.number(4));
  }
}

}  // namespace

std::string_view name(EntryKind kind) noexcept {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

Result<std::vector<CreditGrant>> list_credit_grants(store::Database& database,
                                                    const CreditQuery& query) {
  std::vector<CreditGrant> grants;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::int64_t before = INT64_MAX;
    if (!query.after.empty()) {
      TG_TRY(const auto last, find_credit_grant(session, query.after));
      if (last.owner.organization_id != query.organization_id) return fail(Code::kNotFound);
      before = last.sequence;
    }
    TG_TRY(grants, select_grants(session, query, before));
    return {};
  }));
  return grants;
}

Result<std::vector<CreditGrant>> open_credit_grants(store::Database& database) {
  std::vector<CreditGrant> grants;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session, std::string{kGrantColumns} +
                                                        " WHERE remaining > 0 OR expired > 0"
                                                        " ORDER BY sequence"));
    TG_TRY(grants, read_grants(select));
    return {};
  }));
  return grants;
}

Result<CreditGrant> find_credit_grant(soci::session& session, const std::string& id) {
  TG_TRY(auto select, Statement::prepare(session, std::string{kGrantColumns} + " WHERE id = ?"));
  select.bind(std::string_view{id});
  TG_TRY(auto grants, read_grants(select));
  if (grants.empty()) return fail(Code::kNotFound, "there is no such grant");
  return std::move(grants.front());
}

Result<CreditGrant> find_credit_grant(store::Database& database, const std::string& id) {
  CreditGrant grant;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(grant, find_credit_grant(session, id));
    return {};
  }));
  return grant;
}

Result<std::vector<CreditEntry>> credit_history(store::Database& database,
                                                const EntryQuery& query) {
  std::vector<CreditEntry> entries;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string sql{kEntryColumns};
    sql += " WHERE organization_id = ? AND sequence < ?";
    if (!query.grant_id.empty()) sql += " AND grant_id = ?";
    TG_TRY(auto select, Statement::prepare(session, sql + " ORDER BY sequence DESC LIMIT ?"));
    select.bind(std::string_view{query.organization_id});
    select.bind(query.before == 0 ? INT64_MAX : query.before);
    if (!query.grant_id.empty()) select.bind(std::string_view{query.grant_id});
    select.bind(std::int64_t{query.limit});
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
                                           " WHERE epoch = ? AND worker = ? AND event_sequence = ?"
                                           " AND kind = 'drain' ORDER BY sequence"));
    select.bind(id.epoch);
    select.bind(id.worker);
    select.bind(static_cast<std::int64_t>(id.sequence));
    TG_TRY(entries, read_entries(select));
    return {};
  }));
  return entries;
}

Result<std::vector<CreditBalance>> credit_balances(store::Database& database, WallTime now,
                                                   const std::string& organization_id) {
  std::vector<CreditBalance> balances;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string sql{
        "SELECT organization_id, project_id,"
        " SUM(CASE WHEN expires_ms = 0 OR expires_ms > ? THEN remaining ELSE 0 END),"
        " SUM(amount - remaining - expired),"
        " MIN(CASE WHEN remaining > 0 AND expires_ms > ? THEN expires_ms ELSE NULL END)"
        " FROM credit_grants"};
    if (!organization_id.empty()) sql += " WHERE organization_id = ?";
    TG_TRY(auto select, Statement::prepare(session, sql + " GROUP BY organization_id, project_id"
                                                          " HAVING SUM(amount) > 0"
                                                          " ORDER BY organization_id, project_id"));
    select.bind(to_unix_ms(now));
    select.bind(to_unix_ms(now));
    if (!organization_id.empty()) select.bind(std::string_view{organization_id});
    TG_TRY(balances, read_balances(select));
    return {};
  }));
  return balances;
}

Result<std::vector<CreditOwner>> credit_owners(store::Database& database) {
  std::vector<CreditOwner> owners;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session,
                                           "SELECT DISTINCT organization_id, project_id"
                                           " FROM credit_grants ORDER BY organization_id,"
                                           " project_id"));
    for (;;) {
      TG_TRY(const bool there, select.step());
      if (!there) return {};
      owners.push_back({.organization_id = std::string{select.text(0)},
                        .project_id = std::string{select.text(1)}});
    }
  }));
  return owners;
}

Result<std::optional<CreditStanding>> credit_standing(soci::session& session,
                                                      const CreditOwner& owner, WallTime now) {
  TG_TRY(auto select, Statement::prepare(session, std::string{kGrantColumns} +
                                                      " WHERE organization_id = ? AND project_id"
                                                      " = ? AND amount > 0 ORDER BY sequence"));
  select.bind(std::string_view{owner.organization_id});
  select.bind(std::string_view{owner.project_id});
  TG_TRY(const auto grants, read_grants(select));
  if (grants.empty()) return std::nullopt;
  CreditStanding standing{.owner = owner};
  for (const auto& grant : grants) {
    if (grant.remaining == NanoUsd{} || grant.has_ended(now)) continue;
    standing.granted += grant.amount;
    standing.left += grant.remaining;
  }
  if (standing.granted == NanoUsd{}) standing.granted = grants.back().amount;
  return standing;
}

}  // namespace tg::ledger
