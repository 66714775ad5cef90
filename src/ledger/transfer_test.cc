// SPDX-License-Identifier: Apache-2.0
#include "ledger/transfer.h"

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "ledger/test_calls.h"
#include "ledger/transfer_pass.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

void make_call(Journal& journal, std::int64_t number) {
  const auto admission = test_admission(number);
  const auto id = journal.admit(admission);
  ASSERT_TRUE(id);
  journal.sent(*id);
  journal.settle(*id, admission, test_settlement(number));
}

long long charge_of_calls(long long calls) { return 600 * calls * (calls + 1) / 2 + 2 * calls; }

class TransferTest : public LedgerTest {
 protected:
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{journal_folder()}, fs::directory_iterator{}));
  }
};

TEST_F(TransferTest, CallsOfSeveralRunningWorkersReachTheLedgerOnce) {
  constexpr std::int64_t kCalls = 3'000;
  constexpr std::uint16_t kWorkers = 3;
  Transfer transfer{*database_, journal_folder(), 1, kWorkers};
  transfer.start();
  {
    std::vector<std::jthread> workers;
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([this, worker] {
        auto journal = open_journal(1, worker);
        for (std::int64_t number = 1; number <= kCalls; ++number) make_call(*journal, number);
      });
    }
  }
  transfer.stop();
  EXPECT_EQ(events(), kWorkers * kCalls);
  EXPECT_EQ(charged(), kWorkers * charge_of_calls(kCalls));
  expect_sums_agree();
  EXPECT_EQ(files(), 0U);
}

TEST_F(TransferTest, ACallIsInTheLedgerWhileItsJournalGoesOn) {
  auto journal = open_journal(1);
  Transfer transfer{*database_, journal_folder(), 1, 1};
  transfer.start();
  make_call(*journal, 1);
  EXPECT_TRUE(comes_true([this] { return events() == 1; }));
  make_call(*journal, 2);
  EXPECT_TRUE(comes_true([this] { return events() == 2; }));
}

TEST_F(TransferTest, ADatabaseThatRefusesForAWhileLosesAndDoublesNothing) {
  auto journal = open_journal(1);
  make_call(*journal, 1);
  take_away("usage_pending");
  Transfer transfer{*database_, journal_folder(), 1, 1};
  transfer.start();
  for (std::int64_t number = 2; number <= 500; ++number) make_call(*journal, number);
  EXPECT_EQ(events(), 0);
  give_back("usage_pending");
  EXPECT_TRUE(comes_true([this] { return events() == 500; }));
  EXPECT_EQ(charged(), charge_of_calls(500));
  expect_sums_agree();
}

TEST_F(TransferTest, ListenerHearsOfEachCallOnceAndWhenItStandsInTheLedger) {
  auto journal = open_journal(1);
  make_call(*journal, 1);
  take_away("usage_pending");
  Transfer transfer{*database_, journal_folder(), 1, 1};
  std::atomic<long long> heard = 0;
  std::atomic<long long> heard_too_early = 0;
  transfer.set_listener([&](std::span<const UsageEvent> written) {
    heard += static_cast<long long>(written.size());
    if (events() < heard) ++heard_too_early;
  });
  transfer.start();
  make_call(*journal, 2);
  EXPECT_EQ(heard, 0);
  give_back("usage_pending");
  EXPECT_TRUE(comes_true([&] { return heard == 2; }));
  make_call(*journal, 3);
  EXPECT_TRUE(comes_true([&] { return heard == 3; }));
  EXPECT_EQ(heard_too_early, 0);
}

TEST_F(TransferTest, AFullJournalAcceptsAgainAfterTheTransfer) {
  auto journal = *Journal::open({.folder = journal_folder(),
                                 .epoch = 1,
                                 .segment_bytes = 8 << 10,
                                 .bytes_max = 4 * (8 << 10)});
  std::int64_t number = 0;
  const auto one_more = [&] {
    const auto id = journal->admit(test_admission(number + 1));
    if (!id) return false;
    ++number;
    journal->sent(*id);
    journal->settle(*id, test_admission(number), test_settlement(number));
    return true;
  };
  while (one_more()) {
  }
  EXPECT_EQ(journal->admit(test_admission()).error().code, Code::kJournalFull);
  Transfer transfer{*database_, journal_folder(), 1, 1};
  transfer.start();
  EXPECT_TRUE(comes_true(one_more));
  while (one_more()) {
  }
  EXPECT_TRUE(comes_true([&] { return events() == number; }));
  journal.reset();
  transfer.stop();
  EXPECT_EQ(charged(), charge_of_calls(number));
  EXPECT_EQ(files(), 0U);
}

TEST_F(TransferTest, WhatTheEndOfTheServerLeavesIsRecoveredOnce) {
  {
    auto journal = open_journal(1);
    for (std::int64_t number = 1; number <= 400; ++number) make_call(*journal, number);
    Transfer transfer{*database_, journal_folder(), 1, 1};
    transfer.start();
    EXPECT_TRUE(comes_true([this] { return events() == 400; }));
    transfer.stop();
    for (std::int64_t number = 401; number <= 450; ++number) make_call(*journal, number);
  }
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  EXPECT_EQ(events(), 450);
  EXPECT_EQ(charged(), charge_of_calls(450));
  expect_sums_agree();
}

TEST_F(TransferTest, AnOpenCallKeepsItsSegmentForTheRecovery) {
  {
    auto journal = open_journal(1);
    journal->sent(*journal->admit(test_admission(1)));
    for (std::int64_t number = 2; number <= 400; ++number) make_call(*journal, number);
    Transfer transfer{*database_, journal_folder(), 1, 1};
    transfer.start();
    transfer.stop();
  }
  EXPECT_EQ(events(), 399);
  const auto recovered = recover_journals(*database_, journal_folder());
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->interrupted_calls, 1);
  EXPECT_EQ(events(), 400);
  expect_sums_agree();
}

// The transfer may be anywhere when its end is asked for: before, in or between its tries.
TEST_F(TransferTest, AServerThatEndsWhileTheDatabaseRefusesLosesNothing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  long long expected = 0;
  for (std::uint32_t epoch = 1; epoch <= 20; ++epoch) {
    {
      auto journal = open_journal(epoch);
      for (std::int64_t number = 1; number <= 300; ++number) make_call(*journal, number);
    }
    take_away("usage_pending");
    Transfer transfer{*database_, journal_folder(), epoch, 1};
    transfer.start();
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::microseconds{random() % 20'000};
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    transfer.stop();
    give_back("usage_pending");
    ASSERT_TRUE(recover_journals(*database_, journal_folder()));
    expected += 300;
    ASSERT_EQ(events(), expected);
  }
  expect_sums_agree();
}

// Two full batches and more: while one is written, the next is read.
class BacklogTest : public TransferTest {
 protected:
  static constexpr std::int64_t kCalls = 2 * static_cast<std::int64_t>(kBatchEventsMax) + 500;

  void SetUp() override {
    TransferTest::SetUp();
    auto journal = open_journal(1);
    for (std::int64_t number = 1; number <= kCalls; ++number) make_call(*journal, number);
  }
  void expect_all() {
    EXPECT_EQ(events(), kCalls);
    EXPECT_EQ(charged(), charge_of_calls(kCalls));
    expect_sums_agree();
  }
};

TEST_F(BacklogTest, IsWrittenOnceWhateverSqlDoesMeanwhile) {
  using enum store::Database::Fault;
  TransferPass pass{*database_, journal_folder(), 1, 1, real_disk()};
  for (const auto fault : {kAway, kAnswerLost, kAway, kAnswerLost, kAnswerLost}) {
    database_->set_fault(fault);
    EXPECT_FALSE(pass.step());
    EXPECT_LE(pass.pending_calls(), 2 * kBatchEventsMax);
  }
  database_->set_fault(kNone);
  EXPECT_EQ(*pass.step(), TransferPass::Step::kFull);
  EXPECT_EQ(events(), static_cast<long long>(kBatchEventsMax));
  for (int steps = 0; *pass.step() != TransferPass::Step::kNothing; ++steps) ASSERT_LT(steps, 5);
  expect_all();
  pass.end();
  EXPECT_EQ(files(), 0U);
}

// Where calls come in the order of time, slices are new that begin after the latest of them.
TEST_F(TransferTest, AWrongClockFloorDelaysTheLedgerByOneTry) {
  auto journal = open_journal(1);
  TransferPass pass{*database_, journal_folder(), 1, 1, real_disk()};
  make_call(*journal, 1);
  ASSERT_EQ(*pass.step(), TransferPass::Step::kSome);
  run_sql("UPDATE clock_floor SET seen_ms = 0");
  make_call(*journal, 2);
  EXPECT_FALSE(pass.step());
  EXPECT_EQ(*pass.step(), TransferPass::Step::kSome);
  EXPECT_EQ(events(), 2);
  expect_sums_agree();
}

TEST_F(BacklogTest, WhatWasReadAndNotWrittenIsStillInTheJournal) {
  {
    TransferPass pass{*database_, journal_folder(), 1, 1, real_disk()};
    EXPECT_EQ(*pass.step(), TransferPass::Step::kFull);
    EXPECT_EQ(pass.pending_calls(), kBatchEventsMax);
    EXPECT_EQ(*pass.step(), TransferPass::Step::kFull);
  }
  EXPECT_LT(events(), kCalls);
  ASSERT_TRUE(recover_journals(*database_, journal_folder()));
  expect_all();
}

TEST_F(TransferTest, AtACutTheLedgerIsExactlyThere) {
  auto journal = open_journal(1);
  Transfer transfer{*database_, journal_folder(), 1, 1};
  transfer.start();
  for (std::int64_t number = 1; number <= 2'000; ++number) {
    make_call(*journal, number);
    if (number % 500 != 0) continue;
    const auto take = [&] {
      auto cut = std::vector{journal->position()};
      // What comes after the cut is not in the ledger while somebody stands there.
      make_call(*journal, ++number);
      return cut;
    };
    const auto seen = transfer.at_cut(take, [&]() -> Result<void> {
      EXPECT_EQ(events(), number - 1);
      return {};
    });
    EXPECT_TRUE(seen);
  }
  journal.reset();
  transfer.stop();
  EXPECT_EQ(events(), 2'001);
  expect_sums_agree();
}

TEST_F(TransferTest, WhatFailsAtACutIsToldAndNothingIsLost) {
  auto journal = open_journal(1);
  make_call(*journal, 1);
  Transfer transfer{*database_, journal_folder(), 1, 1};
  const auto take = [&] { return std::vector{journal->position()}; };
  const auto failed =
      transfer.at_cut(take, []() -> Result<void> { return fail(Code::kCorrupt, "test"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kCorrupt);
  EXPECT_EQ(events(), 1);
}

}  // namespace
}  // namespace tg::ledger
