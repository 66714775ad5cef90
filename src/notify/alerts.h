// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "identity/audit.h"
#include "identity/limits.h"
#include "ledger/spent.h"
#include "limits/calendar.h"
#include "store/database.h"

// The alerts that stand in the database: who shall be told by mail when an organization or project
// has spent so much in a calendar month (UTC), or so many percent of a limit of money. An alert
// stops no call; alert_pass.h sends it.
//
// Threading:  any control thread.
// Limits:     kAlertsMax on one target, kOrganizationAlertsMax in an organization; kRecipientsMax
//             addresses; kPercentsMax percentages.
// Errors:     kNotFound: there is no such alert or limit; kFieldInvalid: it has too many, or what
// is
//             asked cannot be (check_alert()).
namespace tg::notify {

inline constexpr std::size_t kAlertsMax = 100;
inline constexpr std::size_t kOrganizationAlertsMax = 2'000;
inline constexpr std::size_t kRecipientsMax = 20;
inline constexpr std::size_t kPercentsMax = 10;
inline constexpr std::size_t kSubjectPrefixBytesMax = 64;

struct Alert {
  std::string id;  // "alert_…"
  identity::LimitScope scope = identity::LimitScope::kOrganization;
  std::string target_id;
  std::string organization_id;
  std::string limit_id;                 // empty: it has a threshold of its own
  NanoUsd threshold;                    // of its own
  std::vector<int> percents;            // of the limit's amount, ascending
  std::vector<std::string> recipients;  // empty: the owners; of a limit's only
  std::string subject_prefix;
  WallTime armed_at;  // since when what it compares with stands: threshold, percentages, limit

  friend bool operator==(const Alert&, const Alert&) = default;
};

// What cannot be, whoever asks: recipients that are no addresses, a prefix with a link.
[[nodiscard]] Result<void> check_alert(const Alert& alert);
// A limit that alerts can be about: of money, a day long or longer, and no rate.
[[nodiscard]] Result<void> check_alerted_limit(const limits::Rule& rule);

// Its id is filled in. The target exists, and so does the limit, whose target it is.
[[nodiscard]] Result<Alert> add_alert(store::Database& database, Alert wanted,
                                      const identity::Actor& actor, WallTime now = wall_now());

// What is absent stays.
struct AlertChange {
  std::optional<NanoUsd> threshold;
  std::optional<std::vector<int>> percents;
  std::optional<std::vector<std::string>> recipients;
  std::optional<std::string> subject_prefix;
};
// A threshold that is raised above what was spent is armed again in the same window.
[[nodiscard]] Result<Alert> update_alert(store::Database& database, const std::string& alert_id,
                                         const AlertChange& change, const identity::Actor& actor,
                                         WallTime now = wall_now());
// What was removed.
[[nodiscard]] Result<Alert> remove_alert(store::Database& database, const std::string& alert_id,
                                         const identity::Actor& actor, WallTime now = wall_now());

[[nodiscard]] Result<Alert> find_alert(store::Database& database, const std::string& alert_id);

// Which alerts; what is empty restricts nothing. In the order in which they were made.
struct AlertFilter {
  std::string organization_id{};
  std::string target_id{};
};
[[nodiscard]] Result<std::vector<Alert>> list_alerts(store::Database& database,
                                                     const AlertFilter& filter);

// Whose spending an alert or a limit counts, as the ledger names it.
[[nodiscard]] ledger::Spender spender_of(identity::LimitScope scope, const std::string& target_id,
                                         const std::string& model);

// The calendar month (UTC) of an instant.
[[nodiscard]] limits::Interval month_of(WallTime time);

}  // namespace tg::notify
