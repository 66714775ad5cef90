// SPDX-License-Identifier: Apache-2.0
// What changes credit but for calls: grants, corrections and ends, each with its entry.
#include "ledger/credits.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

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
  TG_TRY(auto insert,
         Statement::prepare(session,
                            "INSERT INTO credit_entries (sequence, at_ms, kind, grant_id,"
                            " organization_id, project_id, amount, debit, credit, epoch, worker,"
                            " event_sequence, made_by, reason)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?)"));
  insert.bind(sequence);
  insert.bind(to_unix_ms(entry.at));
  insert.bind(name(entry.kind));
  insert.bind(std::string_view{entry.grant_id});
  insert.bind(std::string_view{entry.owner.organization_id});
  insert.bind(std::string_view{entry.owner.project_id});
  insert.bind(entry.amount.count());
  insert.bind(std::string_view{entry.debit});
  insert.bind(std::string_view{entry.credit});
  insert.bind(std::string_view{entry.made_by});
  insert.bind(std::string_view{entry.reason});
  TG_TRY_DONE(insert.run());
  return {};
}

Result<void> check_count(soci::session& session, const CreditOwner& owner) {
  TG_TRY(auto count, Statement::prepare(session,
                                        "SELECT COUNT(*) FROM credit_grants WHERE"
                                        " organization_id = ? AND project_id = ? AND"
                                        " remaining > 0"));
  count.bind(std::string_view{owner.organization_id});
  count.bind(std::string_view{owner.project_id});
  TG_TRY_DONE(count.step());
  const bool full = count.number(0) >= kGrantsMax;
  count.restart();
  if (full) return fail(Code::kFieldInvalid, "it has 1,000 grants with something left");
  return {};
}

Result<void> expire(soci::session& session, const CreditGrant& grant) {
  TG_TRY(auto update, Statement::prepare(session,
                                         "UPDATE credit_grants SET expired = expired + remaining,"
                                         " remaining = 0 WHERE id = ?"));
  update.bind(std::string_view{grant.id});
  TG_TRY_DONE(update.run());
  return add_entry(session, {.at = *grant.expires_at,
                             .kind = EntryKind::kExpiry,
                             .grant_id = grant.id,
                             .owner = grant.owner,
                             .amount = grant.remaining,
                             .debit = grant.id,
                             .credit = std::string{kExpired},
                             .made_by = {},
                             .reason = {}});
}

Result<std::vector<std::string>> ended_grants(soci::session& session, WallTime now) {
  TG_TRY(auto select, Statement::prepare(session,
                                         "SELECT id FROM credit_grants WHERE remaining > 0"
                                         " AND expires_ms <> 0 AND expires_ms <= ?"
                                         " ORDER BY expires_ms, sequence"));
  select.bind(to_unix_ms(now));
  std::vector<std::string> ids;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return ids;
    ids.emplace_back(select.text(0));
  }
}

}  // namespace

Result<void> add_credit_grant(soci::session& session, const CreditGrant& grant) {
  TG_TRY_DONE(check_count(session, grant.owner));
  TG_TRY(const auto sequence, next_sequence(session, "credit_grants"));
  TG_TRY(auto insert,
         Statement::prepare(session,
                            "INSERT INTO credit_grants (sequence, id, organization_id, project_id,"
                            " amount, remaining, expired, expires_ms, reason, granted_by,"
                            " granted_ms) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"));
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
                             .owner = grant.owner,
                             .amount = grant.amount,
                             .debit = std::string{kIssued},
                             .credit = grant.id,
                             .made_by = grant.granted_by,
                             .reason = grant.reason});
}

Result<void> correct_credit(soci::session& session, const Correction& correction) {
  TG_TRY(const auto grant, find_credit_grant(session, correction.grant_id));
  if (grant.has_ended(correction.at)) return fail(Code::kConflict, "the grant has ended");
  const auto remaining = grant.remaining + correction.amount;
  if (remaining < NanoUsd{} || grant.amount + correction.amount > kGrantMax) {
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
                             .grant_id = grant.id,
                             .owner = grant.owner,
                             .amount = more ? correction.amount : NanoUsd{} - correction.amount,
                             .debit = more ? std::string{kIssued} : grant.id,
                             .credit = more ? grant.id : std::string{kIssued},
                             .made_by = correction.made_by,
                             .reason = correction.reason});
}

Result<std::vector<CreditOwner>> expire_credits(store::Database& database, WallTime now) {
  std::vector<CreditOwner> owners;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    owners.clear();
    TG_TRY(const auto ids, ended_grants(session, now));
    for (const auto& id : ids) {
      TG_TRY(const auto grant, find_credit_grant(session, id));
      TG_TRY_DONE(expire(session, grant));
      owners.push_back(grant.owner);
    }
    return {};
  }));
  return owners;
}

}  // namespace tg::ledger
