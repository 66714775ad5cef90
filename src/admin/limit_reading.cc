// SPDX-License-Identifier: Apache-2.0
#include "admin/limit_reading.h"

#include <memory>

#include "ledger/limit_restore.h"
#include "notify/alerts.h"

namespace tg::admin {

ledger::Spender spender_of(const identity::LimitRecord& record) {
  return notify::spender_of(record.scope, record.target_id, record.rule.model);
}

Result<std::vector<limits::Reading>> read_limits(
    OperationContext& context, const std::vector<identity::LimitRecord>& records) {
  std::vector<limits::Reading> readings(records.size());
  std::vector<std::unique_ptr<limits::Limit>> rebuilt(records.size());
  std::vector<ledger::RestoredLimit> to_restore;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (context.live != nullptr) {
      if (const auto reading = context.live->read_limit(records[i])) {
        readings[i] = *reading;
        continue;
      }
    }
    TG_TRY(rebuilt[i], limits::Limit::make(records[i].rule));
    to_restore.push_back({.spender = spender_of(records[i]), .limit = *rebuilt[i]});
  }
  const auto now = wall_now();
  TG_TRY_DONE(ledger::restore_limits(context.database, to_restore, now));
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (rebuilt[i]) readings[i] = rebuilt[i]->read(now);
  }
  return readings;
}

}  // namespace tg::admin
