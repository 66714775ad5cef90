// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/operation_context.h"
#include "notify/alerts.h"

// An alert is set, changed and removed in one place, whoever asks, and looked at in the same step:
// what is reached already is told at once, not with the next call.
//
// Threading:  with `changes` held.
// Errors:     as notify/alerts.h.
namespace tg::admin {

[[nodiscard]] ApiResult<notify::Alert> add_alert_now(OperationContext& context,
                                                     const notify::Alert& wanted,
                                                     const Caller& caller);
[[nodiscard]] ApiResult<notify::Alert> update_alert_now(OperationContext& context,
                                                        const std::string& alert_id,
                                                        const notify::AlertChange& change,
                                                        const Caller& caller);
// Something about the target has changed: an alert, or a limit that alerts may be about. Where no
// mail is configured, or it cannot be looked at, the next start looks.
void look_at_alerts_of(OperationContext& context, const std::string& target_id);

}  // namespace tg::admin
