// SPDX-License-Identifier: Apache-2.0
#include "ledger/call_list.h"

#include <algorithm>

#include "ledger/event_row.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

class CallList {
 public:
  CallList(soci::session& session, const CallFilter& filter) : session_{session}, filter_{filter} {}

  Result<std::vector<UsageEvent>> run() {
    std::vector<UsageEvent> events;
    if (is_nothing()) return events;
    TG_TRY(const auto after_ms, time_of_cursor());
    TG_TRY(auto rows, Statement::prepare(session_, sql()));
    bind(rows, after_ms);
    for (;;) {
      TG_TRY(const bool more, rows.step());
      if (!more) return events;
      events.push_back(read_event(rows));
    }
  }

 private:
  struct AnyOf {
    const char* column;
    const std::optional<std::vector<std::string>>& texts;
  };
  [[nodiscard]] std::array<AnyOf, 4> any_of() const {
    return {AnyOf{"key_id", filter_.key_ids}, AnyOf{"project_id", filter_.project_ids},
            AnyOf{"owner_id", filter_.owner_ids}, AnyOf{"model", filter_.models}};
  }
  [[nodiscard]] bool is_nothing() const {
    const bool no_endpoint = filter_.endpoints && filter_.endpoints->empty();
    return filter_.limit == 0 || no_endpoint ||
           std::ranges::any_of(any_of(),
                               [](const AnyOf& each) { return each.texts && each.texts->empty(); });
  }

  Result<std::int64_t> time_of_cursor() {
    if (!filter_.after) return 0;
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT admitted_ms FROM usage_events WHERE epoch = ?"
                                         " AND worker = ? AND sequence = ? AND"
                                         " organization_id = ?"));
    bind(rows, *filter_.after);
    rows.bind(filter_.organization_id);
    TG_TRY(const bool found, rows.step());
    const auto at_ms = found ? rows.number(0) : 0;
    rows.restart();
    if (found) return at_ms;
    return fail(Code::kNotFound, "there is no such call to go on after");
  }

  static void add_any_of(std::string& sql, const char* column, std::size_t values) {
    sql.append(" AND ").append(column).append(" IN (?");
    for (std::size_t i = 1; i < values; ++i) sql += ",?";
    sql += ")";
  }
  [[nodiscard]] std::string sql() const {
    auto sql = "SELECT " + column_list() + " FROM usage_events WHERE organization_id = ?";
    if (filter_.from) sql += " AND admitted_ms >= ?";
    if (filter_.to) sql += " AND admitted_ms < ?";
    for (const auto& [column, texts] : any_of()) {
      if (texts) add_any_of(sql, column, texts->size());
    }
    if (filter_.endpoints) add_any_of(sql, "endpoint", filter_.endpoints->size());
    if (filter_.after) {
      sql += " AND admitted_ms <= ? AND (admitted_ms, epoch, worker, sequence) < (?, ?, ?, ?)";
    }
    return sql + " ORDER BY admitted_ms DESC, epoch DESC, worker DESC, sequence DESC LIMIT " +
           std::to_string(std::min(filter_.limit, kCallsListed));
  }

  void bind(Statement& rows, std::int64_t after_ms) const {
    rows.bind(filter_.organization_id);
    if (filter_.from) rows.bind(to_unix_ms(*filter_.from));
    if (filter_.to) rows.bind(to_unix_ms(*filter_.to));
    for (const auto& [column, texts] : any_of()) {
      if (!texts) continue;
      for (const auto& text : *texts) rows.bind(text);
    }
    if (filter_.endpoints) {
      for (const auto endpoint : *filter_.endpoints) {
        rows.bind(static_cast<std::int64_t>(endpoint));
      }
    }
    if (!filter_.after) return;
    rows.bind(after_ms);
    rows.bind(after_ms);
    bind(rows, *filter_.after);
  }
  static void bind(Statement& rows, const EventId& id) {
    rows.bind(std::int64_t{id.epoch});
    rows.bind(std::int64_t{id.worker});
    rows.bind(static_cast<std::int64_t>(id.sequence));
  }

  soci::session& session_;
  const CallFilter& filter_;
};

}  // namespace

Result<std::vector<UsageEvent>> list_calls(store::Database& database, const CallFilter& filter) {
  std::vector<UsageEvent> events;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(events, (CallList{session, filter}.run()));
    return {};
  }));
  return events;
}

Result<std::optional<UsageEvent>> find_call(store::Database& database, const EventId& id) {
  std::optional<UsageEvent> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session, "SELECT " + column_list() +
                                                        " FROM usage_events WHERE epoch = ?"
                                                        " AND worker = ? AND sequence = ?"));
    select.bind(id.epoch);
    select.bind(id.worker);
    select.bind(static_cast<std::int64_t>(id.sequence));
    TG_TRY(const bool there, select.step());
    if (!there) return {};
    found = read_event(select);
    return {};
  }));
  return found;
}

}  // namespace tg::ledger
