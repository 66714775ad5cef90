// SPDX-License-Identifier: Apache-2.0
#include "admin/alert_changes.h"

#include "base/log.h"
#include "notify/alert_pass.h"

namespace tg::admin {

ApiResult<notify::Alert> add_alert_now(OperationContext& context, const notify::Alert& wanted,
                                       const Caller& caller) {
  TG_API_TRY(auto added, notify::add_alert(context.database, wanted, caller.actor));
  look_at_alerts_of(context, added.target_id);
  return added;
}

ApiResult<notify::Alert> update_alert_now(OperationContext& context, const std::string& alert_id,
                                          const notify::AlertChange& change, const Caller& caller) {
  TG_API_TRY(auto updated, notify::update_alert(context.database, alert_id, change, caller.actor));
  look_at_alerts_of(context, updated.target_id);
  return updated;
}

void look_at_alerts_of(OperationContext& context, const std::string& target_id) {
  if (!context.has_mail()) return;
  const auto now = wall_now();
  const auto mails = notify::look_at_alerts({.database = context.database,
                                             .master_key = context.folder.master_key(),
                                             .console_url = context.console_url()},
                                            {{target_id, now}}, now);
  if (!mails) {
    log(LogLevel::kWarning, "alerts not looked at after a change",
        {{"target", target_id}, {"why", name(mails.error().code)}});
  } else if (*mails > 0 && context.options.on_mail_queued) {
    context.options.on_mail_queued();
  }
}

}  // namespace tg::admin
