// SPDX-License-Identifier: Apache-2.0
#include "ledger/usage_query.h"

#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <tuple>

#include "ledger/event_row.h"
#include "ledger/rollup_grain.h"
#include "ledger/rollup_query.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

constexpr std::string_view kDayShape = "0000-00-00";

// Since 1970.
Result<std::int64_t> parse_day(const std::string& text) {
  const bool shaped = std::ranges::equal(text, kDayShape, [](char each, char shape) {
    return shape == '0' ? each >= '0' && each <= '9' : each == shape;
  });
  if (!shaped) return fail(Code::kFieldInvalid, "a day is written as 2026-11-24");
  const auto number = [&text](std::size_t from, std::size_t count) {
    return std::stoi(text.substr(from, count));
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!day.ok()) return fail(Code::kFieldInvalid, "there is no such day");
  return std::chrono::sys_days{day}.time_since_epoch().count();
}

struct Days {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
// Of those that were asked for, the ones of which there is something.
Result<std::optional<Days>> days_of(store::Database& database, const std::string& organization_id,
                                    const UsageRange& range) {
  TG_TRY(const auto span, rollup_span(database, organization_id));
  if (!span) return std::nullopt;
  Days days{.first = span->from / kDayMinutes, .last = (span->to - 1) / kDayMinutes};
  if (!range.from_day.empty()) {
    TG_TRY(const auto first, parse_day(range.from_day));
    days.first = std::max(days.first, first);
  }
  if (!range.to_day.empty()) {
    TG_TRY(const auto last, parse_day(range.to_day));
    days.last = std::min(days.last, last);
  }
  if (days.first > days.last) return std::nullopt;
  return days;
}

Result<void> add_organization(store::Database& database, const std::string& organization_id,
                              const UsageRange& range, std::vector<UsageRow>& rows) {
  TG_TRY(const auto days, days_of(database, organization_id, range));
  if (!days) return {};
  RollupQuestion question{.organization_id = organization_id,
                          .group_by = {Dimension::kKey, Dimension::kModel}};
  for (auto day = days->first; day <= days->last + 1; ++day) {
    question.bounds.push_back(static_cast<Minute>(day) * kDayMinutes);
  }
  TG_TRY(const auto buckets, query_rollups(database, question));
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    for (const auto& group : buckets[i]) {
      rows.push_back({.key_id = group.name(Dimension::kKey),
                      .model = group.name(Dimension::kModel),
                      .day = day_of(begin_of(question.bounds[i])),
                      .totals = totals_of(group.sums)});
    }
  }
  return {};
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

UsageTotals totals_of(const Sums& sums) {
  const auto usage = usage_of(sums);
  return {.calls = sums[at(Sum::kCalls)],
          .interrupted = sums[at(Sum::kInterrupted)],
          .input_tokens = usage.input_tokens(),
          .cached_tokens = usage.cached_tokens(),
          .output_tokens = usage.output_tokens(),
          .images = usage.output_images,
          .milliseconds = usage.input_milliseconds,
          .characters = usage.input_characters,
          .charge = NanoUsd{sums[at(Sum::kCharge)]},
          .cost = NanoUsd{sums[at(Sum::kCost)]},
          .would_have_cost = NanoUsd{sums[at(Sum::kWouldHaveCost)]}};
}

UsageTotals totals_of(const Settlement& settlement) { return totals_of(sums_of(settlement)); }

std::string day_of(WallTime admitted) { return format_utc(admitted).substr(0, 10); }

Result<UsageReport> query_usage(store::Database& database, const UsageRange& range) {
  UsageReport report;
  std::vector<std::string> organizations;
  if (range.organization_id) {
    organizations.push_back(*range.organization_id);
  } else {
    TG_TRY(organizations, organizations_with_usage(database));
  }
  for (const auto& id : organizations) {
    TG_TRY_DONE(add_organization(database, id, range, report.rows));
  }
  std::ranges::sort(report.rows, [](const UsageRow& left, const UsageRow& right) {
    return std::tie(right.day, left.key_id, left.model) <
           std::tie(left.day, right.key_id, right.model);
  });
  for (const auto& row : report.rows) report.totals += row.totals;
  return report;
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
