// SPDX-License-Identifier: Apache-2.0
#include "ledger/usage_query.h"

#include <soci/soci.h>

#include <algorithm>

#include "ledger/event_row.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

constexpr int kRecentCallsMax = 1001;

UsageTotals totals_from(const std::array<long long, 11>& sums) {
  return {.calls = sums[0],
          .interrupted = sums[1],
          .input_tokens = sums[2],
          .cached_tokens = sums[3],
          .output_tokens = sums[4],
          .images = sums[5],
          .milliseconds = sums[6],
          .characters = sums[7],
          .charge = NanoUsd{sums[8]},
          .cost = NanoUsd{sums[9]},
          .would_have_cost = NanoUsd{sums[10]}};
}

std::string usage_sql(const UsageRange& range) {
  std::string sql =
      "SELECT key_id, model, day, SUM(calls), SUM(interrupted), SUM(input_tokens),"
      " SUM(cached_tokens), SUM(output_tokens), SUM(images), SUM(milliseconds), SUM(characters),"
      " SUM(charge), SUM(cost), SUM(would_have_cost) FROM usage_rollups"
      " WHERE day >= :first AND day <= :last";
  if (range.organization_id) sql += " AND organization_id = :organization";
  return sql + " GROUP BY key_id, model, day ORDER BY day DESC, key_id, model";
}

}  // namespace

UsageTotals& UsageTotals::operator+=(const UsageTotals& other) {
  calls += other.calls;
  interrupted += other.interrupted;
  input_tokens += other.input_tokens;
  cached_tokens += other.cached_tokens;
  output_tokens += other.output_tokens;
  images += other.images;
  milliseconds += other.milliseconds;
  characters += other.characters;
  charge += other.charge;
  cost += other.cost;
  would_have_cost += other.would_have_cost;
  return *this;
}

UsageTotals totals_of(const Settlement& settlement) {
  const auto& usage = settlement.usage;
  return {.calls = 1,
          .interrupted = settlement.outcome == Outcome::kInterrupted ? 1 : 0,
          .input_tokens = usage.input_tokens(),
          .cached_tokens = usage.cached_tokens(),
          .output_tokens = usage.output_tokens(),
          .images = usage.output_images,
          .milliseconds = usage.input_milliseconds,
          .characters = usage.input_characters,
          .charge = settlement.charge,
          .cost = settlement.cost,
          .would_have_cost = settlement.would_have_cost};
}

std::string day_of(WallTime admitted) { return format_utc(admitted).substr(0, 10); }

Result<UsageReport> query_usage(store::Database& database, const UsageRange& range) {
  UsageReport report;
  const auto last_day = range.to_day.empty() ? std::string{"9999-12-31"} : range.to_day;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    UsageRow row;
    std::array<long long, 11> sums{};
    soci::statement statement{session};
    for (auto* text : {&row.key_id, &row.model, &row.day}) statement.exchange(soci::into(*text));
    for (auto& sum : sums) statement.exchange(soci::into(sum));
    statement.exchange(soci::use(range.from_day));
    statement.exchange(soci::use(last_day));
    if (range.organization_id) statement.exchange(soci::use(*range.organization_id));
    statement.alloc();
    statement.prepare(usage_sql(range));
    statement.define_and_bind();
    statement.execute();
    while (statement.fetch()) {
      row.totals = totals_from(sums);
      report.totals += row.totals;
      report.rows.push_back(row);
    }
    return {};
  }));
  return report;
}

Result<std::vector<UsageEvent>> recent_calls(store::Database& database,
                                             const std::string& organization_id, int limit,
                                             const std::optional<std::string>& key_id) {
  std::vector<UsageEvent> events;
  const int rows_max = std::clamp(limit, 0, kRecentCallsMax);
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    EventRow row;
    soci::statement statement{session};
    for (auto& number : row.numbers) statement.exchange(soci::into(number));
    std::array<std::string, kTextColumns.size()> texts;
    for (auto& text : texts) statement.exchange(soci::into(text));
    statement.exchange(soci::use(organization_id));
    if (key_id) statement.exchange(soci::use(*key_id));
    statement.exchange(soci::use(rows_max));
    statement.alloc();
    statement.prepare("SELECT " + column_list() + " FROM usage_events WHERE organization_id = :o" +
                      (key_id ? " AND key_id = :k" : "") +
                      " ORDER BY admitted_ms DESC, epoch DESC, sequence DESC LIMIT :n");
    statement.define_and_bind();
    statement.execute();
    while (statement.fetch()) {
      std::ranges::copy(texts, row.texts.begin());
      events.push_back(from_row(row));
    }
    return {};
  }));
  return events;
}

Result<std::optional<UsageEvent>> find_call(store::Database& database, const EventId& id) {
  std::optional<UsageEvent> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, store::Statement::prepare(session, "SELECT " + column_list() +
                                                               " FROM usage_events WHERE epoch = ?"
                                                               " AND worker = ? AND sequence = ?"));
    select.bind(id.epoch);
    select.bind(id.worker);
    select.bind(static_cast<std::int64_t>(id.sequence));
    TG_TRY(const bool there, select.step());
    if (!there) return {};
    EventRow row;
    int column = 0;
    for (auto& number : row.numbers) number = select.number(column++);
    for (auto& text : row.texts) text = select.text(column++);
    found = from_row(row);
    return {};
  }));
  return found;
}

Result<std::vector<BrokenTarget>> broken_targets(store::Database& database) {
  std::vector<BrokenTarget> targets;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    BrokenTarget target;
    long long since_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT provider_id, upstream_model, since_ms FROM broken_targets"
                            " ORDER BY provider_id, upstream_model",
         soci::into(target.provider_id), soci::into(target.upstream_model), soci::into(since_ms));
    statement.execute();
    while (statement.fetch()) {
      target.since = from_unix_ms(since_ms);
      targets.push_back(target);
    }
    return {};
  }));
  return targets;
}

}  // namespace tg::ledger
