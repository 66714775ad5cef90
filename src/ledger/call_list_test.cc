// SPDX-License-Identifier: Apache-2.0
// Calls one by one, and that their days' sums are what the calls come to.
#include "ledger/call_list.h"

#include <algorithm>
#include <tuple>

#include "ledger/ledger_writer.h"
#include "ledger/rollup_grain.h"
#include "ledger/test_calls.h"
#include "store/test_reads.h"

namespace tg::ledger {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMidnightMs = kNoon2026Nov24Ms - kDayMs / 2;

UsageEvent event(std::uint64_t sequence, std::int64_t at_ms, const std::string& key,
                 const std::string& model = "gpt-4o", const std::string& organization = "org_1") {
  auto admission = test_admission();
  admission.at = from_unix_ms(at_ms);
  admission.key_id = key;
  admission.model = model;
  admission.organization_id = organization;
  admission.project_id = "proj_of_" + organization;
  return {.id = {.epoch = 1, .worker = 0, .sequence = sequence},
          .admission = admission,
          .settlement = test_settlement(static_cast<std::int64_t>(sequence))};
}

UsageEvent spoken(UsageEvent event) {
  event.admission.endpoint = openai::Endpoint::kSpeech;
  return event;
}

std::string day_of(Minute minute) { return format_utc(begin_of(minute)).substr(0, 10); }

struct Row {
  std::string key_id;
  std::string model;
  std::string day;
  Sums totals{};
};
struct Report {
  Sums totals{};
  std::vector<Row> rows;  // newest day first, then key, then model
};
// Both days are included.
struct Range {
  std::vector<std::string> organizations{"org_1", "org_2"};
  std::string from_day = "2026-11-01";
  std::string to_day = "2026-11-30";
};

class CallListTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    ASSERT_TRUE(write_ledger(
        *database_, {.events = {event(1, kMidnightMs - 1, "key_a"), event(2, kMidnightMs, "key_a"),
                                event(3, kMidnightMs + kDayMs - 1, "key_b"),
                                event(4, kMidnightMs + 5, "key_a", "gpt-4o-mini"),
                                spoken(event(5, kMidnightMs + 6, "key_a")),
                                event(6, kMidnightMs + 7, "key_c", "gpt-4o", "org_2")},
                     .positions = {}}));
  }

  std::vector<UsageEvent> calls_of(const std::string& organization,
                                   std::vector<std::string> keys = {}, std::size_t limit = 100) {
    CallFilter filter{.organization_id = organization, .limit = limit};
    if (!keys.empty()) filter.key_ids = std::move(keys);
    auto calls = list_calls(*database_, filter);
    EXPECT_TRUE(calls);
    return calls.value_or(std::vector<UsageEvent>{});
  }
  Report query(const Range& range) {
    Report report;
    std::vector<Minute> days;
    const auto november = period_begin(Grain::kMonth, minute_of(from_unix_ms(kMidnightMs)));
    for (auto day = november; day_of(day) <= range.to_day; day += kDayMinutes) {
      if (day_of(day) >= range.from_day) days.push_back(day);
    }
    days.push_back(days.back() + kDayMinutes);
    for (const auto& id : range.organizations) {
      const auto answer =
          query_rollups(*database_, {.organization_id = id,
                                     .bounds = days,
                                     .group_by = {Dimension::kKey, Dimension::kModel}});
      for (std::size_t i = 0; i < answer->buckets.size(); ++i) {
        for (const auto& group : answer->buckets[i]) {
          report.rows.push_back({.key_id = group.name(Dimension::kKey),
                                 .model = group.name(Dimension::kModel),
                                 .day = day_of(days[i]),
                                 .totals = group.sums()});
          add(report.totals, group.sums());
        }
      }
    }
    std::ranges::sort(report.rows, [](const Row& left, const Row& right) {
      return std::tie(right.day, left.key_id, left.model) <
             std::tie(left.day, right.key_id, right.model);
    });
    return report;
  }
  std::int64_t calls(const Range& range) { return query(range).totals[at(Sum::kCalls)]; }
};

std::int64_t charge_of(std::int64_t number) { return 600 * number + 2; }

TEST_F(CallListTest, ACallBelongsToTheDayOfItsAdmissionInUtc) {
  EXPECT_EQ(day_of(minute_of(from_unix_ms(kMidnightMs - 1))), "2026-11-23");
  EXPECT_EQ(day_of(minute_of(from_unix_ms(kMidnightMs))), "2026-11-24");
  EXPECT_EQ(calls({.from_day = "2026-11-23", .to_day = "2026-11-23"}), 1);
  EXPECT_EQ(calls({.from_day = "2026-11-24", .to_day = "2026-11-24"}), 5);
  EXPECT_EQ(calls({.from_day = "2026-11-25"}), 0);
}

TEST_F(CallListTest, RowsAreByKeyModelAndDayNewestDayFirst) {
  const auto report = query({.organizations = {"org_1"}});
  ASSERT_EQ(report.rows.size(), 4U);
  const auto expect_row = [&](std::size_t at, const char* key, const char* model, const char* day,
                              std::int64_t charge) {
    const auto& row = report.rows[at];
    EXPECT_EQ(row.key_id, key);
    EXPECT_EQ(row.model, model);
    EXPECT_EQ(row.day, day);
    EXPECT_EQ(row.totals[ledger::at(Sum::kCharge)], charge);
  };
  expect_row(0, "key_a", "gpt-4o", "2026-11-24", charge_of(2) + charge_of(5));
  expect_row(1, "key_a", "gpt-4o-mini", "2026-11-24", charge_of(4));
  expect_row(2, "key_b", "gpt-4o", "2026-11-24", charge_of(3));
  expect_row(3, "key_a", "gpt-4o", "2026-11-23", charge_of(1));
}

TEST_F(CallListTest, TheTotalsAreTheSumOfTheRowsAndOfTheEvents) {
  const auto report = query({});
  EXPECT_EQ(report.totals, rollups());
  Sums of_events{};
  for (const auto* organization : {"org_1", "org_2"}) {
    for (const auto& call : calls_of(organization)) {
      add(of_events, sums_of(call.settlement));
    }
  }
  EXPECT_EQ(report.totals, of_events);
  EXPECT_EQ(report.totals[at(Sum::kCalls)], 6);
  expect_sums_agree();
}

TEST_F(CallListTest, EveryCountHasItsPlace) {
  const auto sums = sums_of(test_settlement(1));
  const auto usage = usage_of(sums);
  EXPECT_EQ(usage.input_tokens(), 1 + 2 + 3 + 4 + 5 + 6 + 7 + 17 + 18);
  EXPECT_EQ(usage.cached_tokens(), 4 + 5 + 6);
  EXPECT_EQ(usage.output_tokens(), 8 + 9 + 10 + 11);
  EXPECT_EQ(usage.output_images, 12);
  EXPECT_EQ(usage.input_milliseconds, 13);
  EXPECT_EQ(usage.input_characters, 14);
  EXPECT_EQ(sums[at(Sum::kInterrupted)], 0);
  EXPECT_EQ(query({.organizations = {"org_2"}}).totals, sums_of(test_settlement(6)));
}

TEST_F(CallListTest, AnOrganizationSeesItsOwnOnly) {
  EXPECT_EQ(calls({.organizations = {"org_2"}}), 1);
  EXPECT_EQ(query({.organizations = {"org_3"}}).totals, Sums{});
  EXPECT_EQ(calls_of("org_2").size(), 1U);
  EXPECT_TRUE(calls_of("org_2", {"key_a"}).empty());
}

TEST_F(CallListTest, APageCostsTheSameOfManyCallsAsOfFew) {
  constexpr std::uint64_t kFew = 60;
  constexpr std::uint64_t kMany = 3'000;
  std::vector<UsageEvent> events;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const auto at_ms = kMidnightMs + static_cast<std::int64_t>(i / 3);
    events.push_back(event(100 + i, at_ms, "key_m", "gpt-4o", "org_many"));
    if (i < kFew) events.push_back(event(10'000 + i, at_ms, "key_f", "gpt-4o", "org_few"));
  }
  ASSERT_TRUE(write_ledger(*database_, {.events = events, .positions = {}}));
  const auto write = [&](const char* sql) {
    ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
      session << sql;
      return {};
    }));
  };
  // As it does by itself within a minute.
  if (store::TestFolder::is_on_postgresql()) write("ANALYZE");

  store::ReadCounter counter{*database_};
  const auto cost = [&](const CallFilter& filter) {
    return counter.count([&] { EXPECT_TRUE(list_calls(*database_, filter)); });
  };
  const auto few = cost({.organization_id = "org_few", .limit = 10});
  const auto first = cost({.organization_id = "org_many", .limit = 10});
  EXPECT_LE(first, 2 * few + 100);
  for (const std::uint64_t place : {std::uint64_t{1'500}, kMany - 2}) {
    const EventId after{.epoch = 1, .worker = 0, .sequence = 100 + kMany - place};
    EXPECT_LE(cost({.organization_id = "org_many", .after = after, .limit = 10}), 2 * few + 100);
  }
  write("DROP INDEX usage_events_by_organization");
  EXPECT_GT(cost({.organization_id = "org_many", .limit = 10}), 5 * first);
}

TEST_F(CallListTest, PagesOfCallsAreAllOfThemOnceWhateverTheFilter) {
  const auto all = calls_of("org_1");
  CallFilter filter{.organization_id = "org_1", .limit = 2};
  std::vector<EventId> seen;
  for (;;) {
    const auto page = *list_calls(*database_, filter);
    for (const auto& call : page) seen.push_back(call.id);
    if (page.empty()) break;
    filter.after = page.back().id;
  }
  ASSERT_EQ(seen.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(seen[i], all[i].id);
  const auto found = [&](const CallFilter& wanted) {
    return list_calls(*database_, wanted)->size();
  };
  EXPECT_EQ(found({.organization_id = "org_1", .models = {{"gpt-4o-mini"}}}), 1U);
  EXPECT_EQ(found({.organization_id = "org_1", .models = {{}}}), 0U);
  EXPECT_EQ(found({.organization_id = "org_1", .from = from_unix_ms(kMidnightMs)}), 4U);
  EXPECT_EQ(found({.organization_id = "org_1", .to = from_unix_ms(kMidnightMs)}), 1U);
  EXPECT_EQ(found({.organization_id = "org_1", .owner_ids = {{"nobody"}}}), 0U);
  using enum openai::Endpoint;
  EXPECT_EQ(found({.organization_id = "org_1", .endpoints = {{kSpeech, kEmbeddings}}}), 1U);
  EXPECT_EQ(found({.organization_id = "org_1", .endpoints = {{kImageEdits}}}), 0U);
  EXPECT_EQ(found({.organization_id = "org_1", .endpoints = {{}}}), 0U);
  const CallFilter lost{.organization_id = "org_2", .after = all.front().id};
  EXPECT_EQ(list_calls(*database_, lost).error().code, Code::kNotFound) << "another's call";
}

TEST_F(CallListTest, RecentCallsComeNewestAdmissionFirstAndWhole) {
  const auto calls = calls_of("org_1");
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(calls, std::ranges::greater{},
                                     [](const auto& call) { return call.admission.at; }));
  const auto expected = event(3, kMidnightMs + kDayMs - 1, "key_b");
  EXPECT_EQ(calls[0].id, expected.id);
  expect_same(calls[0].admission, expected.admission);
  expect_same(calls[0].settlement, expected.settlement);
}

TEST_F(CallListTest, RecentCallsAreLimitedAndCanBeOfOneKey) {
  EXPECT_EQ(calls_of("org_1", {}, 2).size(), 2U);
  EXPECT_EQ(calls_of("org_1", {}, 0).size(), 0U);
  const auto of_key = calls_of("org_1", {"key_b"});
  ASSERT_EQ(of_key.size(), 1U);
  EXPECT_EQ(of_key[0].id.sequence, 3U);
}

}  // namespace
}  // namespace tg::ledger
