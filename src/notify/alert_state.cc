// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_state.h"

#include <soci/soci.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include "ledger/limit_restore.h"
#include "notify/alert_rows.h"

namespace tg::notify {
namespace {

Result<std::vector<identity::LimitRecord>> limits_behind(store::Database& database,
                                                         const std::vector<Alert>& alerts) {
  std::set<std::string> organizations;
  for (const auto& alert : alerts) {
    if (!alert.limit_id.empty()) organizations.insert(alert.organization_id);
  }
  std::vector<identity::LimitRecord> all;
  for (const auto& organization : organizations) {
    TG_TRY(auto limits, identity::list_limits(database, {.organization_id = organization}));
    std::ranges::move(limits, std::back_inserter(all));
  }
  return all;
}

}  // namespace

limits::Rule own_rule() { return {.period = limits::Period::kMonth}; }

Result<NanoUsd> spent_of(store::Database& database, const Alert& alert,
                         const std::optional<limits::Rule>& limit, const AlertWindow& window,
                         WallTime now) {
  const auto spender =
      spender_of(alert.scope, alert.target_id, limit ? limit->model : std::string{});
  if (limit && window.is_rolling) {
    TG_TRY(const auto counter, limits::Limit::make(*limit));
    TG_TRY_DONE(ledger::restore_limit(database, spender, *counter, now));
    return NanoUsd{counter->read(now).spent};
  }
  NanoUsd spent;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    spent = ledger::charge_between(session, spender, window.time.begin, window.time.end);
    return {};
  }));
  return spent;
}

Result<std::vector<AlertState>> states_of(store::Database& database,
                                          const std::vector<Alert>& alerts, WallTime now) {
  TG_TRY(const auto limits, limits_behind(database, alerts));
  std::vector<AlertState> states;
  for (const auto& alert : alerts) {
    AlertState state;
    const auto found = std::ranges::find_if(
        limits, [&](const auto& record) { return record.rule.id == alert.limit_id; });
    if (found != limits.end()) state.limit = found->rule;
    state.window = window_of(state.limit.value_or(own_rule()), now);
    TG_TRY(state.spent, spent_of(database, alert, state.limit, state.window, now));
    TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
      const auto notices = read_notices(session, alert.id);
      if (!notices.empty()) state.last_told = notices.back();
      return {};
    }));
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace tg::notify
