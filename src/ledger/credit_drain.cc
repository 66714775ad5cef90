// SPDX-License-Identifier: Apache-2.0
#include "ledger/credit_drain.h"

#include <algorithm>

#include "ledger/credits.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

void bind_id(Statement& statement, const EventId& id) {
  statement.bind(id.epoch);
  statement.bind(id.worker);
  statement.bind(static_cast<std::int64_t>(id.sequence));
}

}  // namespace

Result<void> CreditDrain::run() {
  if (events_.empty()) return {};
  for (const auto* event : events_) {
    TG_TRY(auto* const found, find(*event));
    const auto paid = pay(*event, found->first, found->second);
    if (paid > 0) paid_.emplace_back(event, paid);
  }
  if (entries_.empty()) return {};
  TG_TRY_DONE(write_entries());
  TG_TRY_DONE(write_grants());
  return write_events();
}

Result<CreditDrain::OwnGrants*> CreditDrain::find(const UsageEvent& event) {
  const auto& admission = event.admission;
  const bool is_projects = admission.credit_of == CreditOf::kProject;
  const auto [found, is_new] = grants_.try_emplace(
      {admission.organization_id.str(), is_projects ? admission.project_id.str() : std::string{}});
  if (is_new) {
    TG_TRY(found->second, read_grants(found->first));
  }
  return &*found;
}

Result<std::vector<CreditDrain::Grant>> CreditDrain::read_grants(const Owner& owner) {
  TG_TRY(auto select,
         Statement::prepare(session_,
                            "SELECT sequence, id, remaining, expired, expires_ms"
                            " FROM credit_grants WHERE organization_id = ? AND project_id = ?"
                            " AND (remaining > 0 OR (expired > 0 AND expires_ms > ?))"
                            " ORDER BY CASE WHEN expires_ms = 0 THEN 1 ELSE 0 END, expires_ms,"
                            " sequence"));
  select.bind(std::string_view{owner.first});
  select.bind(std::string_view{owner.second});
  select.bind(to_unix_ms(earliest_));
  std::vector<Grant> grants;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return grants;
    grants.push_back({.sequence = select.number(0),
                      .id = std::string{select.text(1)},
                      .remaining = select.number(2),
                      .expired = select.number(3),
                      .expires_ms = select.number(4)});
  }
}

std::int64_t CreditDrain::pay(const UsageEvent& event, const Owner& owner,
                              std::vector<Grant>& grants) {
  const auto admitted_ms = to_unix_ms(event.admission.at);
  const auto charge = event.settlement.charge.count();
  auto owed = charge;
  const auto note = [&](const Grant& grant, bool revival, std::int64_t amount) {
    entries_.push_back({.event = &event,
                        .owner = &owner,
                        .grant_id = &grant.id,
                        .revival = revival,
                        .amount = amount});
  };
  for (auto& grant : grants) {
    if (owed == 0) break;
    if (grant.expires_ms != 0 && grant.expires_ms <= admitted_ms) continue;
    // What was held when the grant ended stays good.
    const auto revived = std::min(grant.expired, std::max<std::int64_t>(0, owed - grant.remaining));
    if (revived > 0) {
      grant.expired -= revived;
      grant.remaining += revived;
      note(grant, true, revived);
    }
    const auto taken = std::min(grant.remaining, owed);
    if (taken == 0) continue;
    grant.remaining -= taken;
    grant.changed = true;
    owed -= taken;
    note(grant, false, taken);
  }
  return charge - owed;
}

Result<void> CreditDrain::write_entries() {
  std::int64_t sequence = 0;
  {
    TG_TRY(auto last,
           Statement::prepare(session_, "SELECT COALESCE(MAX(sequence), 0) FROM credit_entries"));
    TG_TRY_DONE(last.step());
    sequence = last.number(0);
    last.restart();
  }
  TG_TRY(auto insert,
         Statement::prepare(session_,
                            "INSERT INTO credit_entries (sequence, at_ms, kind, grant_id,"
                            " organization_id, project_id, amount, debit, credit, epoch, worker,"
                            " event_sequence, made_by, reason)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')"));
  for (const auto& entry : entries_) {
    const std::string_view grant = *entry.grant_id;
    insert.bind(++sequence);
    insert.bind(to_unix_ms(entry.event->admission.at));
    insert.bind(name(entry.revival ? EntryKind::kRevival : EntryKind::kDrain));
    insert.bind(grant);
    insert.bind(std::string_view{entry.owner->first});
    insert.bind(std::string_view{entry.owner->second});
    insert.bind(entry.amount);
    insert.bind(entry.revival ? kExpired : grant);
    insert.bind(entry.revival ? grant : kUsage);
    bind_id(insert, entry.event->id);
    TG_TRY_DONE(insert.queue());
  }
  TG_TRY_DONE(insert.flush());
  return {};
}

Result<void> CreditDrain::write_grants() {
  TG_TRY(auto update, Statement::prepare(session_,
                                         "UPDATE credit_grants SET remaining = ?, expired = ?"
                                         " WHERE sequence = ?"));
  for (const auto& [owner, grants] : grants_) {
    for (const auto& grant : grants) {
      if (!grant.changed) continue;
      update.bind(grant.remaining);
      update.bind(grant.expired);
      update.bind(grant.sequence);
      TG_TRY_DONE(update.queue());
    }
  }
  TG_TRY_DONE(update.flush());
  return {};
}

Result<void> CreditDrain::write_events() {
  TG_TRY(auto update, Statement::prepare(session_,
                                         "UPDATE usage_events SET credit = ? WHERE epoch = ?"
                                         " AND worker = ? AND sequence = ?"));
  for (const auto& [event, amount] : paid_) {
    update.bind(amount);
    bind_id(update, event->id);
    TG_TRY_DONE(update.queue());
  }
  TG_TRY_DONE(update.flush());
  return {};
}

}  // namespace tg::ledger
