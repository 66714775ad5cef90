// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "admin/operation_context.h"
#include "notify/alerts.h"

// Alerts as our own endpoints show them: whom they tell of what, how much of it is spent, and when
// they were sent last.
//
// Threading:  any control thread.
// Errors:     kDatabase.
namespace tg::admin {

// In the order of the alerts.
[[nodiscard]] ApiResult<std::vector<Json>> show_alerts(OperationContext& context,
                                                       const std::vector<notify::Alert>& alerts);

}  // namespace tg::admin
