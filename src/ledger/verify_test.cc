// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify.h"

#include <fstream>

#include "ledger/event_row.h"
#include "ledger/ledger_writer.h"
#include "ledger/segment.h"
#include "ledger/test_calls.h"
#include "ledger/transfer.h"
#include "ledger/transfer_pass.h"
#include "ledger/verify_parts.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t kCalls = 200;

// As the gateway settles: the charge is the cost, a test key's call is charged nothing.
Admission admission_of(std::int64_t number) {
  auto admission = test_admission(number * 60'000);
  admission.key_id = "key_" + std::to_string(number % 3);
  admission.project_id = "proj_" + std::to_string(number % 2);
  admission.test = number % 10 == 9;
  return admission;
}
Settlement settlement_of(std::int64_t number) {
  auto settlement = test_settlement(number);
  settlement.charge = settlement.cost;
  if (number % 10 == 9) {
    settlement.would_have_cost = settlement.cost;
    settlement.cost = settlement.charge = {};
  }
  return settlement;
}

// A call that never ends keeps every segment in its place.
enum class Segments : std::uint8_t { kStay, kGo };

class VerifyTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  }

  void fill(Segments segments) {
    auto journal =
        Journal::open({.folder = journal_folder(), .epoch = 1, .segment_bytes = 8 << 10});
    ASSERT_TRUE(journal);
    journal_ = *std::move(journal);
    pass_ = std::make_unique<TransferPass>(*database_, journal_folder(), 1, std::uint16_t{1},
                                           real_disk());
    if (segments == Segments::kStay) ASSERT_TRUE(journal_->admit(admission_of(1)));
    for (std::int64_t number = 1; number <= kCalls; ++number) make_call(number);
    transfer();
  }
  void make_call(std::int64_t number) {
    const auto admission = admission_of(number);
    const auto id = journal_->admit(admission);
    ASSERT_TRUE(id);
    journal_->sent(*id);
    journal_->settle(*id, admission, settlement_of(number));
  }
  void transfer() {
    for (;;) {
      const auto step = pass_->step();
      ASSERT_TRUE(step);
      if (*step == TransferPass::Step::kNothing) return;
    }
  }

  VerifyReport verify(std::vector<LiveReading> live = {}, bool running = true) {
    const auto report = verify_ledger(
        *database_,
        {.journal_folder = journal_folder(), .live = std::move(live), .running = running});
    EXPECT_TRUE(report);
    return report.value_or(VerifyReport{});
  }
  static std::string told(const VerifyReport& report) {
    if (!report.difference) return "none";
    const auto& [what, expected, found] = *report.difference;
    return what + " | " + expected + " | " + found;
  }
  std::string verdict() { return told(verify()); }

  std::unique_ptr<Journal> journal_;
  std::unique_ptr<TransferPass> pass_;
};

TEST_F(VerifyTest, AnEmptyLedgerAgrees) {
  EXPECT_EQ(verdict(), "none");
  EXPECT_EQ(verify().events, 0);
}

TEST_F(VerifyTest, AServersLedgerAgrees) {
  fill(Segments::kStay);
  const auto report = verify();
  EXPECT_EQ(told(report), "none");
  EXPECT_EQ(report.journal_records, kCalls);
  EXPECT_EQ(report.awaiting, 0);
  EXPECT_EQ(report.events, kCalls);
  EXPECT_GT(report.rollups, 0);
  EXPECT_EQ(report.slices, number_from("SELECT COUNT(*) FROM spend_slices"));
}

TEST_F(VerifyTest, CallsThatAwaitTheirTransferAreNoDifference) {
  fill(Segments::kGo);
  for (std::int64_t number = 1; number <= 50; ++number) make_call(kCalls + number);
  const auto report = verify();
  EXPECT_EQ(told(report), "none");
  EXPECT_EQ(report.awaiting, 50);
}

TEST_F(VerifyTest, WhatAKilledServerLeavesAgreesBeforeAndAfterItsRecovery) {
  fill(Segments::kStay);
  for (std::int64_t number = 1; number <= 50; ++number) make_call(kCalls + number);
  journal_->sent(*journal_->admit(admission_of(kCalls + 51)));
  auto plain = admission_of(kCalls + 52);
  plain.stream = false;
  plain.interrupted_tokens = plain.prompt_tokens + 7;
  journal_->sent(*journal_->admit(plain));
  EXPECT_EQ(told(verify({}, false)), "none");
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  const auto report = verify({}, false);
  EXPECT_EQ(told(report), "none");
  EXPECT_EQ(report.events, kCalls + 52);
}

TEST_F(VerifyTest, ARecoveryThatWasCutShortAgrees) {
  fill(Segments::kStay);
  make_call(kCalls + 1);
  const fs::path aside = folder_.path() / "aside";
  fs::copy(journal_folder(), aside);
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  for (const auto& file : fs::directory_iterator{aside}) {
    fs::copy(file.path(), journal_folder() / file.path().filename());
  }
  // It had written everything, and neither said so nor removed anything.
  EXPECT_EQ(told(verify({}, false)), "none");
  run_sql("UPDATE journal_epochs SET recovered = 0");
  EXPECT_EQ(told(verify({}, false)), "none");
}

// One change, and what must be said about it.
struct Corruption {
  const char* name;
  const char* sql;
  Segments segments;
  const char* what;
  const char* expected;  // begins so, as does `found`
  const char* found;
};

class CorruptionTest : public VerifyTest, public testing::WithParamInterface<Corruption> {};

TEST_P(CorruptionTest, IsFoundAndNamed) {
  const auto& corruption = GetParam();
  fill(corruption.segments);
  run_sql(corruption.sql);
  const auto report = verify();
  ASSERT_TRUE(report.difference);
  EXPECT_EQ(report.difference->what, corruption.what);
  EXPECT_TRUE(report.difference->expected.starts_with(corruption.expected)) << told(report);
  EXPECT_TRUE(report.difference->found.starts_with(corruption.found)) << told(report);
}

constexpr const char* kOfProject0 = "kind = 1 AND id = 'proj_0' AND model = ''";

INSTANTIATE_TEST_SUITE_P(
    Every, CorruptionTest,
    testing::Values(
        Corruption{"ChargeBesideItsJournal",
                   "UPDATE usage_events SET charge = charge + 1 WHERE sequence = 5",
                   Segments::kStay, "charge of call_1-0-5", "2001 (00000001-000-00000000.journal",
                   "2002 (usage_events)"},
        Corruption{"Charge", "UPDATE usage_events SET charge = charge + 1 WHERE sequence = 4",
                   Segments::kGo, "charge of call_1-0-4", "2001 (cost)", "2002 (usage_events)"},
        Corruption{
            "ChargeAndCost",
            "UPDATE usage_events SET charge = charge + 1, cost = cost + 1"
            " WHERE sequence = 4",
            Segments::kGo,
            "charge of usage_blocks row "
            "org_1/2026-11-24T12:00/proj_0/user_1/key_1/gpt-4o//v1/responses/priority/1024x1536",
            "", ""},
        Corruption{"TokensBesideTheirJournal",
                   "UPDATE usage_events SET reasoning_tokens = 12 WHERE sequence = 6",
                   Segments::kStay, "reasoning_tokens of call_1-0-6", "11 (", "12 (usage_events)"},
        Corruption{
            "Tokens", "UPDATE usage_events SET reasoning_tokens = 12 WHERE sequence = 4",
            Segments::kGo,
            "reasoning_tokens of usage_blocks row "
            "org_1/2026-11-24T12:00/proj_0/user_1/key_1/gpt-4o//v1/responses/priority/1024x1536",
            "", ""},
        Corruption{"NegativeTokens",
                   "UPDATE usage_events SET reasoning_tokens = -1 WHERE sequence = 4",
                   Segments::kGo, "reasoning_tokens of call_1-0-4", "0 or more", "-1"},
        Corruption{"TextBesideItsJournal",
                   "UPDATE usage_events SET served_model = 'other' WHERE sequence = 6",
                   Segments::kStay, "served_model of call_1-0-6", "gpt-4o-served (", "other ("},
        Corruption{"EventGoneBesideItsJournal", "DELETE FROM usage_events WHERE sequence = 7",
                   Segments::kStay, "call call_1-0-7", "in usage_events", "not there"},
        Corruption{
            "EventGone", "DELETE FROM usage_events WHERE sequence = 4", Segments::kGo,
            "calls of usage_blocks row "
            "org_1/2026-11-24T12:00/proj_0/user_1/key_1/gpt-4o//v1/responses/priority/1024x1536",
            "", ""},
        Corruption{"EventOfATestKeyCharged",
                   "UPDATE usage_events SET charge = 1, cost = 1 WHERE sequence = 9", Segments::kGo,
                   "charge of call_1-0-9", "0: a test key's", "1 (usage_events)"},
        Corruption{"EventOfAFutureEpoch", "UPDATE usage_events SET epoch = 9 WHERE sequence = 200",
                   Segments::kGo, "epoch 9", "epochs up to 1 (journal_epochs)", "calls of epoch 9"},
        Corruption{
            "RollupChanged",
            "INSERT INTO usage_pending SELECT organization_id, epoch + 50, worker, sequence,"
            " from_minute, to_minute, data FROM usage_pending WHERE organization_id ="
            " 'org_1'",
            Segments::kStay,
            "calls of usage_blocks row "
            "org_1/2026-11-24T12:00/proj_0/user_1/key_0/gpt-4o//v1/responses/priority/1024x1536",
            "", ""},
        Corruption{
            "RollupGone", "DELETE FROM usage_pending WHERE organization_id = 'org_1'",
            Segments::kStay,
            "usage_blocks row "
            "org_1/2026-11-24T12:00/proj_0/user_1/key_0/gpt-4o//v1/responses/priority/1024x1536",
            "calls ", "no row"},
        Corruption{
            "RollupOfNothing",
            "INSERT INTO usage_pending SELECT 'org_0', epoch, worker, sequence,"
            " from_minute, to_minute, data FROM usage_pending LIMIT 1",
            Segments::kStay,
            "usage_blocks row "
            "org_0/2026-11-24T12:00/proj_0/user_1/key_0/gpt-4o//v1/responses/priority/1024x1536",
            "no row: there is no such event", ""},
        Corruption{"PositionBack", "UPDATE journal_positions SET segment = 0, position = 192",
                   Segments::kStay, "call call_1-0-2", "not yet in usage_events", "there"},
        Corruption{"PositionBetweenRecords",
                   "UPDATE journal_positions SET segment = 0, position = 200", Segments::kStay,
                   "position of worker 0 in epoch 1",
                   "between two records of 00000001-000-00000000.journal", "byte 200"},
        Corruption{"PositionOfARecoveredEpoch", "UPDATE journal_epochs SET recovered = 1",
                   Segments::kStay, "position of worker 0 in epoch 1", "none", "segment "},
        Corruption{"ClockFloorBack",
                   "UPDATE clock_floor SET seen_ms = (SELECT admitted_ms FROM usage_events"
                   " WHERE sequence = 199)",
                   Segments::kGo, "admitted_ms of call_1-0-200", "", ""}),
    [](const auto& corruption) { return std::string{corruption.param.name}; });

TEST_F(VerifyTest, AnEventThatStandsThereTwiceIsFound) {
  fill(Segments::kGo);
  const auto columns = column_list();
  run_sql("INSERT INTO usage_events (" + columns + ") SELECT 1, 3, " +
          columns.substr(columns.find("sequence")) + " FROM usage_events WHERE sequence = 4");
  EXPECT_TRUE(verdict().starts_with(
      "calls of usage_blocks row "
      "org_1/2026-11-24T12:00/proj_0/user_1/key_1/gpt-4o//v1/responses/priority/1024x1536 | "))
      << verdict();
}

TEST_F(VerifyTest, MoreSumsThanFitInMemoryAreCheckedInParts) {
  fill(Segments::kGo);
  const VerifyOptions options{.journal_folder = journal_folder(), .running = true, .sums_max = 3};
  const auto good = verify_ledger(*database_, options);
  EXPECT_EQ(told(*good), "none");
  EXPECT_EQ(good->events, kCalls);
  EXPECT_EQ(good->slices, number_from("SELECT COUNT(*) FROM spend_slices"));
  run_sql(
      "UPDATE spend_slices SET requests = requests + 1 WHERE kind = 3"
      " AND begin_ms = 1795523400000");
  EXPECT_TRUE(told(*verify_ledger(*database_, options))
                  .starts_with("requests of spend_slices row owner/user_1/-/2026-11-24T12:30:00"));
}

TEST_F(VerifyTest, AChangedSliceIsFoundAndNamed) {
  fill(Segments::kStay);
  run_sql(std::string{"UPDATE spend_slices SET charge = charge + 1 WHERE begin_ms = 1795522500000"
                      " AND "} +
          kOfProject0);
  EXPECT_TRUE(verdict().starts_with(
      "charge of spend_slices row project/proj_0/-/2026-11-24T12:15:00.000Z | "))
      << verdict();
}

TEST_F(VerifyTest, ASliceThatIsGoneIsFoundAndNamed) {
  fill(Segments::kStay);
  run_sql(std::string{"DELETE FROM spend_slices WHERE begin_ms = 1795522500000 AND "} +
          kOfProject0);
  const auto told = verdict();
  EXPECT_TRUE(told.starts_with("spend_slices row project/proj_0/-/2026-11-24T12:15:00.000Z | "))
      << told;
  EXPECT_TRUE(told.ends_with(" | no row")) << told;
}

TEST_F(VerifyTest, APositionThatIsTooFarIsFound) {
  fill(Segments::kGo);
  make_call(kCalls + 1);
  run_sql("UPDATE journal_positions SET segment = segment + 1, position = 0");
  EXPECT_TRUE(verdict().starts_with("call call_1-0-201 | in usage_events")) << verdict();
}

TEST_F(VerifyTest, ASegmentThatIsGoneIsFound) {
  fill(Segments::kStay);
  fs::remove(journal_folder() / file_name({.epoch = 1, .worker = 0, .number = 1}));
  EXPECT_TRUE(verdict().starts_with("journal segment 00000001-000-00000001.journal | "))
      << verdict();
}

TEST_F(VerifyTest, AFlippedByteInTheJournalIsFoundWithItsPlace) {
  fill(Segments::kStay);
  const auto path = journal_folder() / file_name({.epoch = 1, .worker = 0, .number = 0});
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(kSegmentHeadBytes + 40);
    const auto byte = static_cast<char>(file.get());
    file.seekp(kSegmentHeadBytes + 40);
    file.put(static_cast<char>(byte ^ 4));
  }
  for (const bool running : {true, false}) {
    EXPECT_EQ(told(verify({}, running)),
              "journal record at 00000001-000-00000000.journal, byte 192 |"
              " a record whose check sum is right | one that cannot be read");
  }
}

TEST_F(VerifyTest, AnInterruptedCallThatWasChargedOtherwiseIsFound) {
  fill(Segments::kGo);
  auto plain = admission_of(kCalls + 1);
  plain.stream = false;
  plain.interrupted_tokens = plain.prompt_tokens + 7;
  journal_->sent(*journal_->admit(plain));
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  ASSERT_EQ(told(verify({}, false)), "none");
  run_sql("UPDATE usage_events SET charge = charge - 1, cost = cost - 1 WHERE outcome = 6");
  EXPECT_TRUE(told(verify({}, false)).starts_with("charge of call_1-0-201 | 120600")) << verdict();
}

LiveReading reading(limits::Rule rule, WallTime from, std::int64_t spent) {
  rule.id = "limit_1";
  return {.spender = {.by = SpentBy::kKey, .id = "key_1", .model = {}},
          .rule = std::move(rule),
          .counts_from = from,
          .spent = spent};
}

TEST_F(VerifyTest, ALiveLimitThatIsOffByANanoDollarIsFoundAndNamed) {
  fill(Segments::kStay);
  const auto spent = number_from(
      "SELECT SUM(charge) FROM usage_events WHERE key_id = 'key_1' AND test = 0"
      " AND admitted_ms >= 1795523400000");
  const limits::Rule day{.period = limits::Period::kDay};
  const auto from = from_unix_ms(1'795'523'400'000);
  const auto good = verify({reading(day, from, spent)});
  EXPECT_EQ(told(good), "none");
  EXPECT_EQ(good.limits, 1);
  EXPECT_EQ(told(verify({reading(day, from, spent + 1)})),
            "money of key_1, limited by limit_1 | " + std::to_string(spent) +
                " since 2026-11-24T12:30:00.000Z (usage_events) | " + std::to_string(spent + 1) +
                " (the live limit)");
  EXPECT_NE(told(verify({reading(day, from, spent - 1)})), "none");
}

TEST_F(VerifyTest, EveryMetricAndWindowIsCompared) {
  fill(Segments::kStay);
  const auto sum = [this](const std::string& what, std::int64_t from_ms) {
    return number_from("SELECT COALESCE(SUM(" + what +
                       "), 0) FROM usage_events WHERE key_id = 'key_1' AND test = 0 AND"
                       " admitted_ms >= " +
                       std::to_string(from_ms));
  };
  // Neither is the beginning of a slice; calls are a minute apart.
  const auto ms = kNoon2026Nov24Ms + 100 * 60'000 + 7;
  const auto from = from_unix_ms(ms);
  const limits::Rule hour{.metric = limits::Metric::kTokens, .period = limits::Period::kHour};
  const limits::Rule rolling{.metric = limits::Metric::kRequests,
                             .period = limits::Period::kHour,
                             .window = limits::Window::kRolling};
  const limits::Rule week{.period = limits::Period::kWeek, .window = limits::Window::kRolling};
  const limits::Rule rate{.metric = limits::Metric::kRequests,
                          .period = limits::Period::kMinute,
                          .window = limits::Window::kRate};
  EXPECT_EQ(told(verify({reading(hour, from, sum(token_sum_sql(), ms)),
                         reading(rolling, from, sum("1", ms)),
                         reading(week, from, sum("charge", ms)), reading(rate, from, 77)})),
            "none");
  // What was restored in whole intervals may reach back by one, and no more.
  EXPECT_EQ(told(verify({reading(rolling, from, sum("1", ms - 60'000))})), "none");
  EXPECT_NE(told(verify({reading(rolling, from, sum("1", ms - 60'000) + 1)})), "none");
  EXPECT_NE(told(verify({reading(rolling, from, sum("1", ms) - 1)})), "none");
  EXPECT_NE(told(verify({reading(hour, from, sum(token_sum_sql(), ms) + 1)})), "none");
  const auto slice = ms - ms % 900'000;
  EXPECT_EQ(told(verify({reading(week, from, sum("charge", slice))})), "none");
  EXPECT_NE(told(verify({reading(week, from, sum("charge", slice) + 1)})), "none");
}

}  // namespace
}  // namespace tg::ledger
