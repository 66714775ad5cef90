// SPDX-License-Identifier: Apache-2.0
#include "notify/alerts.h"

#include <soci/soci.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "identity/people.h"
#include "identity/text_rules.h"
#include "notify/alert_rows.h"
#include "notify/mail.h"

namespace tg::notify {
namespace {

using identity::LimitScope;

// As texts are kept.
std::string joined(const std::vector<int>& percents) {
  std::string text;
  for (const int percent : percents) text += (text.empty() ? "" : ",") + std::to_string(percent);
  return text;
}

// Addresses stand in no audit entry (identity/audit.h): how many there are is told.
nlohmann::ordered_json describe(const Alert& alert) {
  nlohmann::ordered_json detail{{"alert_id", alert.id}, {"scope", name(alert.scope)}};
  if (alert.limit_id.empty()) {
    detail["threshold_nanousd"] = alert.threshold.count();
  } else {
    detail["limit_id"] = alert.limit_id;
    detail["percents"] = alert.percents;
  }
  detail["recipients"] = alert.recipients.size();
  return detail;
}

identity::AuditEntry entry_of(const Alert& alert, const char* action,
                              const nlohmann::ordered_json& detail) {
  return {.action = action,
          .target = alert.target_id,
          .organization_id = alert.organization_id,
          .detail = detail.dump()};
}

long long count_alerts(soci::session& session, const char* column, const std::string& id) {
  long long count = 0;
  session << "SELECT count(*) FROM alerts WHERE " << column << " = :id", soci::use(id),
      soci::into(count);
  return count;
}

Result<void> check_room(soci::session& session, const Alert& alert) {
  const auto of_target = count_alerts(session, "target_id", alert.target_id);
  if (of_target >= static_cast<long long>(kAlertsMax)) {
    return fail(Code::kFieldInvalid, "it has 100 alerts already; remove one of them first");
  }
  const auto of_all = count_alerts(session, "organization_id", alert.organization_id);
  if (of_all >= static_cast<long long>(kOrganizationAlertsMax)) {
    return fail(Code::kFieldInvalid,
                "the organization has 2,000 alerts already; remove one of them first");
  }
  return {};
}

void insert_alert(soci::session& session, const Alert& alert, WallTime now) {
  long long sequence = 0;
  session << "SELECT COALESCE(MAX(sequence), 0) + 1 FROM alerts", soci::into(sequence);
  const std::string scope{name(alert.scope)};
  auto limit_is = alert.limit_id.empty() ? soci::i_null : soci::i_ok;
  const long long amount = alert.threshold.count();
  const auto percents = joined(alert.percents);
  const auto recipients = nlohmann::json(alert.recipients).dump();
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO alerts (id, sequence, scope, target_id, organization_id, limit_id,"
             " amount, percents, recipients, subject_prefix, created_unix_ms, armed_unix_ms)"
             " VALUES (:id, :sequence, :scope, :target, :organization, :limit, :amount, :percents,"
             " :recipients, :prefix, :created, :armed)",
      soci::use(alert.id), soci::use(sequence), soci::use(scope), soci::use(alert.target_id),
      soci::use(alert.organization_id), soci::use(alert.limit_id, limit_is), soci::use(amount),
      soci::use(percents), soci::use(recipients), soci::use(alert.subject_prefix),
      soci::use(now_ms), soci::use(now_ms);
}

void write_alert(soci::session& session, const Alert& alert) {
  const long long amount = alert.threshold.count();
  const auto percents = joined(alert.percents);
  const auto recipients = nlohmann::json(alert.recipients).dump();
  const long long armed_ms = to_unix_ms(alert.armed_at);
  session << "UPDATE alerts SET amount = :amount, percents = :percents, recipients = :recipients,"
             " subject_prefix = :prefix, armed_unix_ms = :armed WHERE id = :id",
      soci::use(amount), soci::use(percents), soci::use(recipients),
      soci::use(alert.subject_prefix), soci::use(armed_ms), soci::use(alert.id);
}

// In the transaction that raises it, so that nothing is told in between.
void arm_where_raised(soci::session& session, const Alert& alert, WallTime now) {
  if (!alert.limit_id.empty()) return;  // the pass does it, for a limit may be raised as well
  const AlertWindow window{.time = month_of(now)};
  const auto spent = ledger::charge_between(session, spender_of(alert.scope, alert.target_id, ""),
                                            window.time.begin, window.time.end);
  const Threshold threshold{.amount = alert.threshold};
  const auto notices = read_notices(session, alert.id);
  const auto decision = decide({&threshold, 1}, spent, notices, window);
  for (const auto& notice : decision.armed) delete_notice(session, alert.id, notice);
}

Alert changed(Alert alert, const AlertChange& change, WallTime now) {
  const auto before = alert;
  if (change.threshold) alert.threshold = *change.threshold;
  if (change.percents) alert.percents = *change.percents;
  if (change.recipients) alert.recipients = *change.recipients;
  if (change.subject_prefix) alert.subject_prefix = *change.subject_prefix;
  const bool compares_anew =
      alert.threshold != before.threshold || alert.percents != before.percents;
  if (compares_anew) alert.armed_at = now;
  return alert;
}

Result<void> check_recipients(const Alert& alert) {
  if (alert.recipients.empty() && alert.limit_id.empty()) {
    return fail(Code::kFieldInvalid, "an alert needs somebody to tell: 1 to 20 e-mail addresses");
  }
  if (alert.recipients.size() > kRecipientsMax) {
    return fail(Code::kFieldInvalid, "an alert goes to 20 e-mail addresses at most");
  }
  std::vector<std::string> seen;
  for (const auto& recipient : alert.recipients) {
    auto folded = identity::fold_email(recipient);
    if (!folded) return fail(Code::kFieldInvalid, "a recipient is not an e-mail address");
    if (std::ranges::find(seen, *folded) != seen.end()) {
      return fail(Code::kFieldInvalid, "a recipient stands there twice");
    }
    seen.push_back(*std::move(folded));
  }
  return {};
}

}  // namespace

Result<void> check_alert(const Alert& alert) {
  TG_TRY_DONE(check_recipients(alert));
  const auto& prefix = alert.subject_prefix;
  if (!prefix.empty() && !identity::count_plain_characters(prefix)) {
    return fail(Code::kFieldInvalid, "a subject's prefix is plain text without control characters");
  }
  // Alerts can go to strangers, whom nobody shall be able to advertise to.
  if (name_in_mail(prefix, "").size() != prefix.size()) {
    return fail(Code::kFieldInvalid, "a subject's prefix has 64 bytes at most, and no link");
  }
  if (alert.limit_id.empty()) {
    if (alert.threshold < NanoUsd{}) {
      return fail(Code::kFieldInvalid, "a threshold is zero or more");
    }
    return {};
  }
  const auto& percents = alert.percents;
  const bool in_range = std::ranges::all_of(percents, [](int p) { return p >= 1 && p <= 100; });
  const bool ascend = std::ranges::is_sorted(percents, std::ranges::less_equal{});
  if (percents.empty() || percents.size() > kPercentsMax || !in_range || !ascend) {
    return fail(Code::kFieldInvalid, "1 to 10 different percentages from 1 to 100 are needed");
  }
  return {};
}

Result<void> check_alerted_limit(const limits::Rule& rule) {
  if (rule.metric != limits::Metric::kMoney) {
    return fail(Code::kFieldInvalid, "alerts are about money; this limit is not");
  }
  if (rule.window == limits::Window::kRate) {
    return fail(Code::kFieldInvalid, "a rate fills again all the time; there is nothing to tell");
  }
  if (rule.period == limits::Period::kMinute || rule.period == limits::Period::kHour) {
    return fail(Code::kFieldInvalid,
                "a mail comes too late for a minute or an hour; alerts are for limits of a day or "
                "longer");
  }
  return {};
}

Result<Alert> add_alert(store::Database& database, Alert wanted, const identity::Actor& actor,
                        WallTime now) {
  TG_TRY_DONE(check_alert(wanted));
  wanted.id = make_id("alert_");
  wanted.armed_at = now;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_room(session, wanted));
    insert_alert(session, wanted, now);
    return append_audit(session, actor,
                        entry_of(wanted, "tollgate.alert.created", {{"data", describe(wanted)}}),
                        now);
  }));
  return wanted;
}

Result<Alert> update_alert(store::Database& database, const std::string& alert_id,
                           const AlertChange& change, const identity::Actor& actor, WallTime now) {
  Alert after;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_alert(session, alert_id));
    after = changed(before, change, now);
    if (after == before) return {};
    TG_TRY_DONE(check_alert(after));
    write_alert(session, after);
    arm_where_raised(session, after, now);
    const nlohmann::ordered_json detail{{"changes_requested", describe(after)},
                                        {"before", describe(before)}};
    return append_audit(session, actor, entry_of(after, "tollgate.alert.updated", detail), now);
  }));
  return after;
}

Result<Alert> remove_alert(store::Database& database, const std::string& alert_id,
                           const identity::Actor& actor, WallTime now) {
  Alert removed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(removed, read_alert(session, alert_id));
    session << "DELETE FROM alerts WHERE id = :id", soci::use(alert_id);
    return append_audit(
        session, actor,
        entry_of(removed, "tollgate.alert.deleted", {{"before", describe(removed)}}), now);
  }));
  return removed;
}

Result<Alert> find_alert(store::Database& database, const std::string& alert_id) {
  Alert found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(found, read_alert(session, alert_id));
    return {};
  }));
  return found;
}

Result<std::vector<Alert>> list_alerts(store::Database& database, const AlertFilter& filter) {
  std::string condition = "1 = 1";
  std::vector<std::string> values;
  if (!filter.organization_id.empty()) {
    condition += " AND a.organization_id = :organization";
    values.push_back(filter.organization_id);
  }
  if (!filter.target_id.empty()) {
    condition += " AND a.target_id = :target";
    values.push_back(filter.target_id);
  }
  std::vector<Alert> alerts;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(alerts, select_alerts(session, condition, values));
    return {};
  }));
  return alerts;
}

ledger::Spender spender_of(LimitScope scope, const std::string& target_id,
                           const std::string& model) {
  auto by = ledger::SpentBy::kKey;
  switch (scope) {
    case LimitScope::kKey: by = ledger::SpentBy::kKey; break;
    case LimitScope::kUser:
    case LimitScope::kServiceAccount: by = ledger::SpentBy::kOwner; break;
    case LimitScope::kProject: by = ledger::SpentBy::kProject; break;
    case LimitScope::kOrganization: by = ledger::SpentBy::kOrganization; break;
  }
  return {.by = by, .id = target_id, .model = model};
}

limits::Interval month_of(WallTime time) {
  return limits::TimeZone{}.period(limits::Period::kMonth, time);
}

}  // namespace tg::notify
