// SPDX-License-Identifier: Apache-2.0
#include "admin/limit_changes.h"

#include <fmt/format.h>

#include "admin/alert_changes.h"

namespace tg::admin {
namespace {

ApiResult<void> tell_live(OperationContext& context, const identity::LimitChange& change) {
  if (context.live == nullptr) return {};
  const auto told = context.live->on_limit_set(change);
  if (told) return {};
  return refuse(told.error().code,
                fmt::format("The limit {} is set, but what was spent before could not be read: {} "
                            "It counts from now on; a restart counts everything.",
                            change.record.rule.id, to_api_error(told.error()).message));
}

}  // namespace

ApiResult<identity::LimitRecord> set_limit_now(OperationContext& context,
                                               const identity::LimitRecord& wanted,
                                               const Caller& caller) {
  const auto change = identity::set_limit(context.database, wanted, caller.actor);
  if (!change) return std::unexpected(to_api_error(change.error(), "id"));
  TG_TRY_DONE(tell_live(context, *change));
  look_at_alerts_of(context, change->record.target_id);
  return change->record;
}

ApiResult<identity::LimitRecord> remove_limit_now(OperationContext& context,
                                                  const std::string& limit_id,
                                                  const Caller& caller) {
  TG_API_TRY(auto removed, identity::remove_limit(context.database, limit_id, caller.actor));
  if (context.live != nullptr) context.live->on_limit_removed(removed);
  return removed;
}

}  // namespace tg::admin
