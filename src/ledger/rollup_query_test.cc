// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_query.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "ledger/ledger_writer.h"
#include "ledger/retention.h"
#include "ledger/rollup_fold.h"
#include "ledger/rollup_grain.h"
#include "ledger/test_calls.h"
#include "ledger/transfer.h"
#include "ledger/verify.h"
#include "ledger/verify_parts.h"

namespace tg::ledger {
namespace {

// A Sunday in March: summer time begins in Europe, and a month ends two days later.
// Two years are in it.
constexpr std::int64_t kBeginMs = 1'793'491'200'000;  // 2026-11-01T00:00Z
constexpr std::int64_t kSpanMs = 70LL * 86'400'000;

using Names = std::array<std::string, kDimensions>;
using Groups = std::map<Names, Sums>;

Names names_in(const RollupGroup& group) {
  Names names;
  for (std::size_t i = 0; i < kDimensions; ++i) names[i] = group.name(static_cast<Dimension>(i));
  return names;
}

class RollupQueryTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    SCOPED_TRACE(testing::Message() << "seed " << seed_);
  }

  std::string name(const char* prefix, unsigned of) {
    return prefix + std::to_string(random_() % of);
  }
  UsageEvent random_event(std::int64_t at_ms) {
    UsageEvent event{.id = {.epoch = 1, .worker = 0, .sequence = ++sequence_},
                     .admission = test_admission(),
                     .settlement = test_settlement(random_() % 1'000)};
    event.admission.at = from_unix_ms(at_ms);
    event.admission.endpoint =
        random_() % 3 == 0 ? openai::Endpoint::kEmbeddings : openai::Endpoint::kResponses;
    event.admission.organization_id = name("org_", 2);
    event.admission.project_id = name("proj_", 3);
    event.admission.owner_id = name("user_", 5);
    event.admission.key_id = name("key_", keys_);
    event.admission.model = name("model_", 4);
    event.settlement.tier = random_() % 5 == 0 ? "priority" : "";
    return event;
  }
  void write(std::vector<UsageEvent> events) {
    ASSERT_TRUE(write_ledger(*database_, {.events = events, .positions = {}}));
    all_.insert(all_.end(), events.begin(), events.end());
  }
  void fold_all(std::int64_t now_ms) {
    for (;;) {
      const auto folded = fold_rollups(*database_, from_unix_ms(now_ms));
      ASSERT_TRUE(folded) << folded.error().detail;
      if (!folded->more) return;
    }
  }

  // The same from the events, one by one.
  std::vector<Groups> expected(const RollupQuestion& question) const {
    std::vector<Groups> buckets(question.bounds.size() - 1);
    for (const auto& event : all_) {
      if (event.admission.organization_id != question.organization_id) continue;
      const auto minute = minute_of(event.admission.at);
      const auto after = std::ranges::upper_bound(question.bounds, minute);
      if (after == question.bounds.begin() || after == question.bounds.end()) continue;
      const auto names = names_of(event);
      const bool passes = std::ranges::all_of(question.filters, [&](const auto& filter) {
        return std::ranges::count(filter.any_of,
                                  names[static_cast<std::size_t>(filter.dimension)]) > 0;
      });
      if (!passes) continue;
      Names key;
      for (std::size_t i = 0; i < kDimensions; ++i) {
        if (question.group_by.contains(static_cast<Dimension>(i))) key[i] = names[i];
      }
      add(buckets[static_cast<std::size_t>(after - question.bounds.begin() - 1)][key],
          sums_of(event.settlement));
    }
    return buckets;
  }
  void expect_exact(const RollupQuestion& question) {
    const auto found = query_rollups(*database_, question);
    ASSERT_TRUE(found) << found.error().detail;
    const auto wanted = expected(question);
    ASSERT_EQ(found->buckets.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      Groups groups;
      for (const auto& group : found->buckets[i]) groups[names_in(group)] = group.sums();
      EXPECT_EQ(groups.size(), found->buckets[i].size()) << "a group stands there twice";
      ASSERT_EQ(groups, wanted[i]) << "bucket " << i;
    }
  }

  RollupQuestion random_question(Minute step, Minute offset) {
    RollupQuestion question{.organization_id = name("org_", 2), .bounds = {}};
    auto minute = minute_of(from_unix_ms(kBeginMs)) - 3 * kDayMinutes + offset;
    const auto buckets = static_cast<Minute>(1 + random_() % 90);
    minute += static_cast<Minute>(random_() % 40) * kDayMinutes;
    for (Minute i = 0; i <= buckets; ++i) question.bounds.push_back(minute + step * i);
    for (std::size_t i = 0; i < kDimensions; ++i) {
      if (random_() % 3 == 0) question.group_by.insert(static_cast<Dimension>(i));
    }
    if (random_() % 2 == 0) {
      question.filters.push_back(
          {.dimension = Dimension::kModel, .any_of = {"model_1", "model_2"}});
    }
    if (random_() % 4 == 0) {
      question.filters.push_back({.dimension = Dimension::kProject, .any_of = {"proj_0", "none"}});
    }
    return question;
  }
  enum class Minutes : std::uint8_t { kThere, kGone };
  void ask_everything(Minutes minutes = Minutes::kThere) {
    for (const Minute step : {kQuarterMinutes, kHourMinutes, kDayMinutes, 30 * kDayMinutes}) {
      // UTC, and zones a quarter and three quarters of an hour beside it.
      for (const Minute offset : {0U, 5 * 60U + 45U, 15U}) {
        for (int i = 0; i < 4; ++i) expect_exact(random_question(step, offset));
      }
    }
    for (const Minute step : {1U, 7U}) {
      if (minutes == Minutes::kThere) expect_exact(random_question(step, 3));
    }
    std::vector<Minute> months;
    for (auto month = minute_of(from_unix_ms(kBeginMs)); months.size() < 5;
         month = period_end(Grain::kMonth, month)) {
      months.push_back(period_begin(Grain::kMonth, month));
    }
    expect_exact({.organization_id = "org_0",
                  .bounds = months,
                  .group_by = {Dimension::kKey, Dimension::kModel}});
    const auto year = period_begin(Grain::kYear, minute_of(from_unix_ms(kBeginMs)));
    const auto next = period_end(Grain::kYear, year);
    for (const Minute offset : {0U, kDayMinutes}) {
      expect_exact({.organization_id = "org_1",
                    .bounds = {year + offset, next + offset, period_end(Grain::kYear, next)},
                    .group_by = {Dimension::kKey, Dimension::kModel}});
    }
  }
  std::string first_difference() {
    std::string told;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      TG_TRY(const auto finding, verify_blocks(session));
      if (finding) told = finding->what + " | " + finding->expected + " | " + finding->found;
      return {};
    }));
    return told;
  }

  const unsigned seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
  unsigned keys_ = 6;
  std::uint64_t sequence_ = 0;
  std::vector<UsageEvent> all_;
};

// Batches come in the order of time with some that are late by hours, days and months, and are
// folded at any time between.
TEST_F(RollupQueryTest, EveryQuestionIsAnsweredAsTheEventsWould) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  for (const std::int64_t batch : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
    const auto now_ms = kBeginMs + (batch + 1) * kSpanMs / 10;
    std::vector<UsageEvent> events;
    for (int i = 0; i < 200; ++i) {
      const bool late = random_() % 20 == 0;
      const auto age = late ? random_() % static_cast<std::uint64_t>(now_ms - kBeginMs)
                            : random_() % (kSpanMs / 10);
      events.push_back(random_event(now_ms - static_cast<std::int64_t>(age)));
    }
    write(std::move(events));
    if (random_() % 3 != 0) fold_all(now_ms);
    if (batch == 5) ask_everything();
    if (batch == 9) ask_everything(Minutes::kGone);
  }
  fold_all(kBeginMs + kSpanMs + 40LL * 86'400'000);
  ask_everything(Minutes::kGone);
  EXPECT_EQ(first_difference(), "");
  EXPECT_GT(number_from("SELECT COUNT(*) FROM usage_blocks WHERE grain = 3"), 0);
  EXPECT_GT(number_from("SELECT COUNT(*) FROM usage_blocks WHERE grain = 4"), 0);
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM usage_pending"), 0);
}

TEST_F(RollupQueryTest, BlocksWithManyRowsAnswerFromTheirPartsAndCuboids) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  keys_ = 3'000;
  std::vector<UsageEvent> events;
  for (int i = 0; i < 12'000; ++i) {
    events.push_back(random_event(kBeginMs + static_cast<std::int64_t>(random_() % 3'600'000)));
  }
  write(std::move(events));
  fold_all(kBeginMs + 3 * 86'400'000LL);
  EXPECT_GT(number_from("SELECT COUNT(*) FROM usage_blocks WHERE cuboid = 0 AND part > 0"), 0);
  EXPECT_GT(number_from("SELECT COUNT(*) FROM usage_blocks WHERE cuboid = 3 AND grain = 2"), 0);
  const auto day = minute_of(from_unix_ms(kBeginMs));
  const std::vector<DimensionSet> sets{{},
                                       {Dimension::kKey},
                                       {Dimension::kProject, Dimension::kModel},
                                       {Dimension::kOwner, Dimension::kModel},
                                       {Dimension::kKey, Dimension::kEndpoint}};
  for (const auto& by : sets) {
    expect_exact({.organization_id = "org_0", .bounds = {day, day + kDayMinutes}, .group_by = by});
    expect_exact({.organization_id = "org_1",
                  .bounds = {day, day + 20, day + 33, day + 60},
                  .group_by = by,
                  .filters = {{.dimension = Dimension::kOwner, .any_of = {"user_1"}}}});
  }
  EXPECT_EQ(first_difference(), "");
}

TEST_F(RollupQueryTest, WhatIsRebuiltFromTheEventsIsTheSame) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  std::vector<UsageEvent> events;
  for (int i = 0; i < 500; ++i) {
    events.push_back(random_event(kBeginMs + static_cast<std::int64_t>(random_() % kSpanMs)));
  }
  write(std::move(events));
  ASSERT_TRUE(rebuild_rollups(*database_));
  EXPECT_EQ(*are_rollups_built(*database_), true);
  ask_everything();
  fold_all(kBeginMs + kSpanMs);
  ask_everything(Minutes::kGone);
  ASSERT_TRUE(rebuild_rollups(*database_));
  ask_everything();
}

TEST_F(RollupQueryTest, WhatRemovedCallsCameToStaysAndAgrees) {
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));  // an epoch begins
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  std::vector<UsageEvent> events;
  for (std::int64_t i = 0; i < 3'000; ++i)
    events.push_back(random_event(kBeginMs + i * kSpanMs / 3'000));
  // As the gateway settles, or the proof finds fault with each.
  for (auto& event : events) {
    event.admission.charge_factor_millionths = config::ChargeRule::kSame;
    event.admission.charge_price_id = 0;
    event.settlement.charge = event.settlement.cost;
    event.settlement.would_have_cost = {};
  }
  write(std::move(events));
  const auto before = kBeginMs + kSpanMs / 2;
  const auto kept_from = before - before % 86'400'000;
  for (bool more = true; more;) {
    const auto removed = remove_old_calls(*database_, from_unix_ms(before));
    ASSERT_TRUE(removed) << removed.error().detail;
    more = removed->more;
    ask_everything(Minutes::kThere);
  }
  const auto kept = std::ranges::count_if(
      all_, [&](const auto& event) { return to_unix_ms(event.admission.at) >= kept_from; });
  EXPECT_EQ(this->events(), kept);
  EXPECT_GT(kept, 1'000);
  fold_all(kBeginMs + kSpanMs);
  ask_everything(Minutes::kGone);
  // The clock's floor has to be above all of them for the proof; it was raised by the write.
  const auto report = verify_ledger(*database_, {.journal_folder = journal_folder()});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->difference) << report->difference->what;
  ASSERT_TRUE(rebuild_rollups(*database_));
  ask_everything(Minutes::kGone);
  fold_all(kBeginMs + kSpanMs);
  ask_everything(Minutes::kGone);
  EXPECT_EQ(first_difference(), "");
}

TEST_F(RollupQueryTest, MinutesAreKeptForTwoMonthsAndQuartersForEver) {
  std::vector events{random_event(kBeginMs + 7 * kMinuteMs),
                     random_event(kBeginMs + 8 * kMinuteMs)};
  for (auto& event : events) event.admission.organization_id = "org_0";
  write(std::move(events));
  const auto begin = minute_of(from_unix_ms(kBeginMs));
  const RollupQuestion by_minute{.organization_id = "org_0",
                                 .bounds = {begin, begin + 8, begin + 9, begin + 15}};
  fold_all(kBeginMs + 61LL * 86'400'000);
  EXPECT_EQ(query_rollups(*database_, by_minute)->buckets[1].size(), 1U);
  fold_all(kBeginMs + 64LL * 86'400'000);
  const auto answer = *query_rollups(*database_, by_minute);
  const auto& thinned = answer.buckets;
  EXPECT_FALSE(thinned[0].empty());
  EXPECT_TRUE(thinned[1].empty());
  EXPECT_TRUE(thinned[2].empty());
  EXPECT_EQ(first_difference(), "");
}

TEST_F(RollupQueryTest, AChangedBlockIsFound) {
  write({random_event(kBeginMs), random_event(kBeginMs + 1), random_event(kBeginMs + 2)});
  fold_all(kBeginMs + 3 * 86'400'000LL);
  ASSERT_EQ(first_difference(), "");
  run_sql("DELETE FROM usage_blocks WHERE grain = 0");
  EXPECT_TRUE(first_difference().starts_with("hour 2026-11-01T00:00 of org_"))
      << first_difference();
}

TEST_F(RollupQueryTest, BytesThatAreNoBlockAreDamageAndNeverACrash) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  RollupTable table;
  for (int i = 0; i < 50; ++i) {
    const auto event = random_event(kBeginMs);
    table.add(static_cast<Minute>(i % 15), names_of(event), sums_of(event.settlement));
  }
  const auto whole = encode_whole(table);
  for (std::size_t size = 1; size < whole.size(); size += 1 + random_() % 7) {
    BlockReader reader;
    if (reader.read(std::span{whole}.first(size))) (void)reader.finish();
  }
  for (int i = 0; i < 3'000; ++i) {
    auto bytes = whole;
    for (int changes = 0; changes < 3; ++changes) {
      bytes[random_() % bytes.size()] = static_cast<std::byte>(random_());
    }
    BlockReader reader;
    if (!reader.read(bytes)) continue;
    const auto read = reader.finish();
    for (std::size_t row = 0; row < std::min<std::size_t>(read.rows(), 50); ++row) {
      (void)read.names_of_row(row);
    }
  }
}

TEST_F(RollupQueryTest, TooManyBucketsAreRefused) {
  RollupQuestion question{.organization_id = "org_0", .bounds = {5}};
  EXPECT_EQ(query_rollups(*database_, question).error().code, Code::kFieldInvalid);
  question.bounds = {5, 5};
  EXPECT_EQ(query_rollups(*database_, question).error().code, Code::kFieldInvalid);
  question.bounds.clear();
  for (Minute i = 0; i < kBucketsMax + 2; ++i) question.bounds.push_back(i);
  EXPECT_EQ(query_rollups(*database_, question).error().code, Code::kFieldInvalid);
  EXPECT_FALSE(*rollup_span(*database_, "org_0"));
}

}  // namespace
}  // namespace tg::ledger
