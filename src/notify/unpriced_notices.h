// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "notify/alert_pass.h"

// Tells the operators that calls went through which nobody has a price for, charged at their
// ceiling: once a day (UTC) for each model.
//
// Threading:  any control thread.
// Errors:     kDatabase, kOverloaded, kRateLimit: look again later, for nothing of it was written.
namespace tg::notify {

// Models, each with an organization that called it.
using UnpricedCalls = std::map<std::string, std::string>;

// The number of mails.
[[nodiscard]] Result<int> tell_unpriced_calls(const AlertDesk& desk, const UnpricedCalls& calls,
                                              WallTime now = wall_now());

}  // namespace tg::notify
