// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "notify/alert_rules.h"
#include "notify/alerts.h"

// Alerts and what was told of them, as rows. For this room only; inside a transaction, and may
// throw what SOCI throws.
namespace tg::notify {

// `condition` has one parameter for each of the values; columns are those of `a`, an alert.
[[nodiscard]] Result<std::vector<Alert>> select_alerts(soci::session& session,
                                                       const std::string& condition,
                                                       const std::vector<std::string>& values);
[[nodiscard]] Result<Alert> read_alert(soci::session& session, const std::string& id);

[[nodiscard]] std::vector<Notice> read_notices(soci::session& session, const std::string& alert_id);
void insert_notice(soci::session& session, const std::string& alert_id, const Notice& notice);
void delete_notice(soci::session& session, const std::string& alert_id, const Notice& notice);
// Of windows that began before `from`.
void delete_old_notices(soci::session& session, const std::string& alert_id, WallTime from);

}  // namespace tg::notify
