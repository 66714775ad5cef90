// SPDX-License-Identifier: Apache-2.0
#include "cli/live_limits.h"

#include <utility>

#include "admin/limit_reading.h"
#include "base/log.h"
#include "ledger/limit_restore.h"

namespace tg::cli {

using identity::LimitScope;

limits::LimitSet* LiveLimits::set_of(const identity::LimitRecord& record) {
  const OrganizationId organization{record.organization_id};
  switch (record.scope) {
    case LimitScope::kKey: {
      auto* key = keys_.find_by_id(KeyId{record.target_id});
      return key == nullptr ? nullptr : &key->limits;
    }
    case LimitScope::kUser:
    case LimitScope::kServiceAccount: return &keys_.owner(record.target_id, organization).limits;
    case LimitScope::kProject:
      return &keys_.project(ProjectId{record.target_id}, organization).limits;
    case LimitScope::kOrganization: return &keys_.organization(organization).limits;
  }
  return nullptr;
}

Result<void> LiveLimits::load() {
  TG_TRY(const auto records, identity::list_limits(database_));
  std::vector<std::unique_ptr<limits::Limit>> made;
  std::vector<ledger::RestoredLimit> to_restore;
  for (const auto& record : records) {
    TG_TRY(auto limit, limits::Limit::make(record.rule));
    to_restore.push_back({.spender = admin::spender_of(record), .limit = *limit});
    made.push_back(std::move(limit));
  }
  TG_TRY_DONE(ledger::restore_limits(database_, to_restore, wall_now()));
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto* set = set_of(records[i]);
    if (set == nullptr) continue;
    attach(records[i], *set, std::move(made[i]));
  }
  return {};
}

void LiveLimits::start_enforcing() {
  const std::scoped_lock lock{mutex_};
  for (const auto& [id, live] : live_) live.limit->start_enforcing();
}

void LiveLimits::attach(const identity::LimitRecord& record, limits::LimitSet& set,
                        std::unique_ptr<limits::Limit> limit) {
  auto& added = set.add(std::move(limit));
  const std::scoped_lock lock{mutex_};
  live_.insert_or_assign(record.rule.id, Live{.record = record, .set = &set, .limit = &added});
}

limits::Limit* LiveLimits::find(const std::string& limit_id) const {
  const std::scoped_lock lock{mutex_};
  const auto found = live_.find(limit_id);
  return found == live_.end() ? nullptr : found->second.limit;
}

Result<void> LiveLimits::set(const identity::LimitChange& change, gateway::Server& server,
                             ledger::Transfer& transfer) {
  const auto& rule = change.record.rule;
  if (auto* known = find(rule.id)) {
    known->set_amount(rule.amount);
    known->set_hard(rule.hard);
    known->set_trusts_upstream(rule.trusts_upstream);
    return {};
  }
  auto* set = set_of(change.record);
  if (set == nullptr) return {};  // nobody can call
  TG_TRY(auto made, limits::Limit::make(rule));
  auto& limit = *made;
  WallTime now;
  const auto take_cut = [&] {
    return server.at_rest([&] {
      now = wall_now();
      attach(change.record, *set, std::move(made));
    });
  };
  const auto spender = admin::spender_of(change.record);
  const auto restored = transfer.at_cut(take_cut, [&]() -> Result<void> {
    return ledger::restore_limit(database_, spender, limit, now);
  });
  limit.start_enforcing();
  if (!restored) {
    log(LogLevel::kError, "what was spent before a limit was set could not be read",
        {{"limit", rule.id}, {"why", name(restored.error().code)}});
  }
  return restored;
}

void LiveLimits::remove(const identity::LimitRecord& record) {
  const std::scoped_lock lock{mutex_};
  const auto found = live_.find(record.rule.id);
  if (found == live_.end()) return;
  found->second.set->remove(record.rule.id);
  live_.erase(found);
}

std::optional<limits::Reading> LiveLimits::read(const identity::LimitRecord& record) const {
  const auto* limit = find(record.rule.id);
  if (limit == nullptr) return std::nullopt;
  return limit->read(wall_now());
}

void LiveLimits::for_each(const Visit& visit) const {
  const std::scoped_lock lock{mutex_};
  for (const auto& [id, live] : live_) visit(live.record, *live.limit);
}

}  // namespace tg::cli
