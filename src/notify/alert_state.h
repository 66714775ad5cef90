// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "notify/alert_rules.h"
#include "notify/alerts.h"

// How alerts stand: what was spent of them, in which window, and what was told last.
//
// Threading:  any control thread.
// Errors:     kDatabase.
namespace tg::notify {

// Of an alert with a threshold of its own: a calendar month in UTC.
[[nodiscard]] limits::Rule own_rule();

// What the alert's target has spent in the window, as its limit counts it where it has one.
[[nodiscard]] Result<NanoUsd> spent_of(store::Database& database, const Alert& alert,
                                       const std::optional<limits::Rule>& limit,
                                       const AlertWindow& window, WallTime now);

struct AlertState {
  std::optional<limits::Rule> limit;  // that the alert is about
  AlertWindow window;
  NanoUsd spent;
  std::optional<Notice> last_told;
};
// In the order of the alerts.
[[nodiscard]] Result<std::vector<AlertState>> states_of(store::Database& database,
                                                        const std::vector<Alert>& alerts,
                                                        WallTime now = wall_now());

}  // namespace tg::notify
