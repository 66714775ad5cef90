// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_writer.h"

#include <fmt/format.h>

#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

UsageEvent event(std::uint64_t sequence) {
  const auto number = static_cast<std::int64_t>(sequence);
  return {.id = {.epoch = 1, .worker = 2, .sequence = sequence},
          .admission = test_admission(number),
          .settlement = test_settlement(number)};
}

using LedgerWriterTest = LedgerTest;

TEST_F(LedgerWriterTest, AnEventThatIsThereAlreadyAddsNothing) {
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(1), event(2)}, .positions = {}}));
  const auto charge_of_two = charged();
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(1), event(2)}, .positions = {}}));
  EXPECT_EQ(events(), 2);
  EXPECT_EQ(charged(), charge_of_two);
  expect_sums_agree();
}

TEST_F(LedgerWriterTest, ABatchThatRepeatsOldEventsAmongNewOnesAddsTheNewOnesOnly) {
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(2), event(4)}, .positions = {}}));
  ASSERT_TRUE(write_ledger(
      *database_,
      {.events = {event(1), event(2), event(3), event(3), event(4), event(5)}, .positions = {}}));
  EXPECT_EQ(events(), 5);
  EXPECT_EQ(charged(), 600 * (1 + 2 + 3 + 4 + 5) + 5 * 2);
  expect_sums_agree();
}

TEST_F(LedgerWriterTest, EventsOfManyWorkersAndEpochsAreEachWrittenOnce) {
  const auto batch_of = [](std::initializer_list<std::uint64_t> sequences) {
    LedgerBatch batch;
    for (const auto sequence : sequences) {
      for (const std::uint32_t epoch : {2U, 1U}) {
        for (const std::uint16_t worker : {std::uint16_t{1}, std::uint16_t{0}}) {
          batch.events.push_back(event(sequence));
          batch.events.back().id = {.epoch = epoch, .worker = worker, .sequence = sequence};
          // Keys of their own: as many rows of sums as one statement takes, and some.
          batch.events.back().admission.key_id =
              fmt::format("key_{}_{}_{}", epoch, worker, sequence);
        }
      }
    }
    return batch;
  };
  ASSERT_TRUE(write_ledger(*database_, batch_of({5, 1, 1'000'000})));
  ASSERT_TRUE(write_ledger(*database_, batch_of({3, 1'000'000, 2, 1'002'000, 1, 999, 5, 4})));
  EXPECT_EQ(events(), 4 * 8);
  expect_sums_agree();
}

TEST_F(LedgerWriterTest, ABatchIsWrittenWhollyOrNotAtAll) {
  take_away("spend_slices");
  const auto written = write_ledger(*database_, {.events = {event(1)}, .positions = {}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kDatabase);
  EXPECT_EQ(events(), 0);
  give_back("spend_slices");
  expect_sums_agree();
}

TEST_F(LedgerWriterTest, TheClocksFloorRisesAndNeverFalls) {
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(9)}, .positions = {}}));
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(3)}, .positions = {}}));
  EXPECT_EQ(number_from("SELECT seen_ms FROM clock_floor"), kNoon2026Nov24Ms + 9);
}

TEST_F(LedgerWriterTest, TheNewestPositionOfEachWorkerIsKept) {
  const JournalPosition first{.epoch = 1, .worker = 0, .segment = 4, .offset = 192};
  const JournalPosition second{.epoch = 1, .worker = 0, .segment = 5, .offset = 512};
  const JournalPosition other{.epoch = 1, .worker = 1, .segment = 7, .offset = 256};
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(1)}, .positions = {first, other}}));
  ASSERT_TRUE(write_ledger(*database_, {.events = {event(2)}, .positions = {second}}));
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM journal_positions"), 2);
  EXPECT_EQ(number_from("SELECT position FROM journal_positions WHERE worker = 0"), 512);
}

}  // namespace
}  // namespace tg::ledger
