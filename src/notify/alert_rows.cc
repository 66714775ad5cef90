// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_rows.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace tg::notify {
namespace {

std::vector<int> parse_percents(std::string_view text) {
  std::vector<int> percents;
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find(','));
    int percent = 0;
    std::from_chars(piece.data(), piece.data() + piece.size(), percent);
    percents.push_back(percent);
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
  }
  return percents;
}

struct Row {
  std::string id, scope, target_id, organization_id, limit_id, percents, recipients, prefix;
  long long amount = 0;
  long long armed_ms = 0;
};

Result<Alert> alert_of(const Row& row) {
  const auto scope = identity::parse_limit_scope(row.scope);
  const auto recipients = nlohmann::json::parse(row.recipients, nullptr, false);
  if (!scope || !recipients.is_array()) {
    return fail(Code::kCorrupt, "an alert in the database is damaged");
  }
  return Alert{.id = row.id,
               .scope = *scope,
               .target_id = row.target_id,
               .organization_id = row.organization_id,
               .limit_id = row.limit_id,
               .threshold = NanoUsd{row.amount},
               .percents = parse_percents(row.percents),
               .recipients = recipients.get<std::vector<std::string>>(),
               .subject_prefix = row.prefix,
               .armed_at = from_unix_ms(row.armed_ms)};
}

}  // namespace

Result<std::vector<Alert>> select_alerts(soci::session& session, const std::string& condition,
                                         const std::vector<std::string>& values) {
  std::vector<Alert> alerts;
  Row row;
  soci::statement select{session};
  for (auto* text : {&row.id, &row.scope, &row.target_id, &row.organization_id, &row.limit_id,
                     &row.percents, &row.recipients, &row.prefix}) {
    select.exchange(soci::into(*text));
  }
  for (auto* number : {&row.amount, &row.armed_ms}) select.exchange(soci::into(*number));
  for (const auto& value : values) select.exchange(soci::use(value));
  select.alloc();
  select.prepare(
      "SELECT a.id, a.scope, a.target_id, a.organization_id, COALESCE(a.limit_id, ''), a.percents,"
      " a.recipients, a.subject_prefix, a.amount,"
      " CASE WHEN l.updated_unix_ms > a.armed_unix_ms THEN l.updated_unix_ms"
      " ELSE a.armed_unix_ms END FROM alerts a LEFT JOIN limits l ON l.id = a.limit_id WHERE " +
      condition + " ORDER BY a.sequence");
  select.define_and_bind();
  select.execute();
  while (select.fetch()) {
    TG_TRY(auto alert, alert_of(row));
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

Result<Alert> read_alert(soci::session& session, const std::string& id) {
  TG_TRY(auto found, select_alerts(session, "a.id = :id", {id}));
  if (found.empty()) return fail(Code::kNotFound, "there is no such alert");
  return std::move(found.front());
}

std::vector<Notice> read_notices(soci::session& session, const std::string& alert_id) {
  std::vector<Notice> notices;
  long long percent = 0;
  long long window_ms = 0;
  long long threshold = 0;
  long long spent = 0;
  long long sent_ms = 0;
  soci::statement select =
      (session.prepare << "SELECT percent, window_ms, threshold, spent, sent_unix_ms"
                          " FROM alert_notices WHERE alert_id = :id ORDER BY sent_unix_ms, percent",
       soci::use(alert_id), soci::into(percent), soci::into(window_ms), soci::into(threshold),
       soci::into(spent), soci::into(sent_ms));
  select.execute();
  while (select.fetch()) {
    notices.push_back({.percent = static_cast<int>(percent),
                       .window = from_unix_ms(window_ms),
                       .threshold = NanoUsd{threshold},
                       .spent = NanoUsd{spent},
                       .sent_at = from_unix_ms(sent_ms)});
  }
  return notices;
}

void insert_notice(soci::session& session, const std::string& alert_id, const Notice& notice) {
  const long long percent = notice.percent;
  const long long window_ms = to_unix_ms(notice.window);
  const long long threshold = notice.threshold.count();
  const long long spent = notice.spent.count();
  const long long sent_ms = to_unix_ms(notice.sent_at);
  session << "INSERT INTO alert_notices (alert_id, percent, window_ms, threshold, spent,"
             " sent_unix_ms) VALUES (:id, :percent, :window, :threshold, :spent, :sent)",
      soci::use(alert_id), soci::use(percent), soci::use(window_ms), soci::use(threshold),
      soci::use(spent), soci::use(sent_ms);
}

void delete_notice(soci::session& session, const std::string& alert_id, const Notice& notice) {
  const long long percent = notice.percent;
  const long long window_ms = to_unix_ms(notice.window);
  session << "DELETE FROM alert_notices WHERE alert_id = :id AND percent = :percent"
             " AND window_ms = :window",
      soci::use(alert_id), soci::use(percent), soci::use(window_ms);
}

void delete_old_notices(soci::session& session, const std::string& alert_id, WallTime from) {
  const long long from_ms = to_unix_ms(from);
  session << "DELETE FROM alert_notices WHERE alert_id = :id AND window_ms < :from",
      soci::use(alert_id), soci::use(from_ms);
}

}  // namespace tg::notify
