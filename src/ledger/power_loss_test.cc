// SPDX-License-Identifier: Apache-2.0
// Journals on a disk that loses what it may: after kill -9 every call is recovered, after a power
// cut every call that was synced, and no call twice or out of nowhere.
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "ledger/journal_sync.h"
#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"
#include "ledger/transfer.h"

namespace tg::ledger {
namespace {

struct Call {
  EventId id;
  std::int64_t number = 0;
  bool settled = false;
  bool sent_synced = false;
  bool settled_synced = false;
};

class PowerLossTest : public LedgerTest {
 protected:
  static constexpr std::uint16_t kWorkers = 2;

  void SetUp() override {
    LedgerTest::SetUp();
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }

  // One run of a server: until its end, which the caller brings about.
  void run(std::uint32_t epoch) {
    calls_.clear();
    SyncPass pass{disk_, "journal"};
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      journals_.push_back(*Journal::open({.folder = "journal",
                                          .epoch = epoch,
                                          .worker = worker,
                                          .segment_bytes = 16 << 10,
                                          .disk = &disk_}));
    }
    for (auto steps = random_() % 200; steps > 0; --steps) step(pass);
  }

  void step(SyncPass& pass) {
    switch (random_() % 8) {
      case 0: return sync(pass);
      case 1: return disk_.write_back(random_);
      case 2:
      case 3: return settle_one();
      default: return send_one();
    }
  }

  void send_one() {
    auto& journal = *journals_[random_() % kWorkers];
    const auto number = static_cast<std::int64_t>(calls_.size() + 1);
    const auto id = *journal.admit(test_admission(number));
    journal.sent(id);
    if (random_() % 2 == 0) journal.instalment(id, {.output_charge = NanoUsd{1}});
    calls_.push_back({.id = id, .number = number});
  }

  void settle_one() {
    if (calls_.empty()) return;
    auto& call = calls_[random_() % calls_.size()];
    if (call.settled) return;
    journals_[call.id.worker]->settle(call.id, test_admission(call.number),
                                      test_settlement(call.number));
    call.settled = true;
  }

  void sync(SyncPass& pass) {
    ASSERT_TRUE(pass.run());
    for (auto& call : calls_) {
      call.sent_synced = true;
      call.settled_synced = call.settled;
    }
  }

  Recovered restart() {
    journals_.clear();
    disk_.restart();
    const auto recovered = recover_journals(*database_, "journal", disk_);
    EXPECT_TRUE(recovered);
    // A head that was torn before its first sync is kept aside.
    for (const auto& path : disk_.files()) EXPECT_EQ(path.extension(), ".damaged");
    return recovered.value_or(Recovered{});
  }

  std::map<EventId, long long> charges_of(std::uint32_t epoch) {
    std::map<EventId, long long> charges;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      const soci::rowset<soci::row> rows =
          (session.prepare << "SELECT worker, sequence, charge FROM usage_events WHERE epoch = "
                           << epoch);
      for (const auto& row : rows) {
        const EventId id{epoch, static_cast<std::uint16_t>(row.get<long long>(0)),
                         static_cast<std::uint64_t>(row.get<long long>(1))};
        charges[id] = row.get<long long>(2);
      }
      return {};
    }));
    return charges;
  }

  void expect_calls(std::uint32_t epoch, bool power_was_lost) {
    auto charges = charges_of(epoch);
    for (const auto& call : calls_) {
      const auto found = charges.extract(call.id);
      if (power_was_lost && !call.sent_synced && found.empty()) continue;
      ASSERT_FALSE(found.empty()) << format(call.id);
      const auto charge = 600 * call.number + 2;
      const auto prompt = 100 * call.number + 3;
      if (call.settled && (call.settled_synced || !power_was_lost)) {
        EXPECT_EQ(found.mapped(), charge) << format(call.id);
      } else if (!call.settled || found.mapped() != charge) {
        EXPECT_TRUE(found.mapped() == prompt || found.mapped() == prompt + 1) << found.mapped();
      }
    }
    EXPECT_TRUE(charges.empty()) << "calls that nobody made";
  }

  SimulatedDisk disk_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Journal>> journals_;
  std::vector<Call> calls_;
};

TEST_F(PowerLossTest, WhatWasPromisedIsInTheLedgerOnceAfterAnyEnd) {
  auto epoch = restart().epoch;
  std::int64_t interrupted = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    run(epoch);
    const bool power_is_lost = random_() % 3 != 0;
    if (power_is_lost) {
      disk_.lose_power(random_);
    } else {
      disk_.crash();
    }
    const auto recovered = restart();
    if (!power_is_lost) EXPECT_EQ(recovered.damaged_records + recovered.lost_calls, 0);
    interrupted += recovered.interrupted_calls;
    ASSERT_NO_FATAL_FAILURE(expect_calls(epoch, power_is_lost));
    epoch = recovered.epoch;
  }
  EXPECT_GT(interrupted, 100);
  expect_sums_agree();
}

}  // namespace
}  // namespace tg::ledger
