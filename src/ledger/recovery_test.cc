// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "ledger/segment.h"
#include "ledger/test_calls.h"
#include "ledger/transfer.h"
#include "ledger/verify.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

class RecoveryTest : public LedgerTest {
 protected:
  Recovered recover() {
    const auto recovered = recover_journals(*database_, journal_folder());
    EXPECT_TRUE(recovered);
    return recovered.value_or(Recovered{});
  }

  [[nodiscard]] std::string segment_of_worker_0() const {
    return read_all(journal_folder() / file_name({.epoch = 1, .worker = 0, .number = 0}));
  }

  // Each in an epoch of its own, so that one recovery tries them all.
  void put_segment(std::uint32_t epoch, const std::string& bytes) const {
    std::ofstream{journal_folder() / file_name({.epoch = epoch, .worker = 0, .number = 0}),
                  std::ios::binary}
        << bytes;
  }

  [[nodiscard]] bool journal_is_empty() const { return fs::is_empty(journal_folder()); }
};

// Four calls: 1 and 2 settled, 3 sent with instalments, 4 admitted.
constexpr long long kSettled1And2 = (600 + 2) + (1'200 + 2);
constexpr long long kInterrupted3 = (300 + 3) + 50;

// Returns where each record ends.
std::vector<std::uint64_t> write_four_calls(const std::string& folder) {
  auto journal = *Journal::open({.folder = folder, .epoch = 1, .segment_bytes = 8 << 10});
  for (const std::int64_t number : {1, 2}) {
    const auto id = *journal->admit(test_admission(number));
    journal->sent(id);
    journal->settle(id, test_admission(number), test_settlement(number));
  }
  const auto third = *journal->admit(test_admission(3));
  journal->sent(third);
  journal->instalment(third, {.output_charge = NanoUsd{20}});
  journal->instalment(third, {.output_charge = NanoUsd{50}});
  (void)*journal->admit(test_admission(4));

  auto reader = *SegmentReader::open(real_disk(), fs::path{folder} / file_name({.epoch = 1}));
  std::vector<std::uint64_t> ends;
  while (reader.next()) ends.push_back(reader.position());
  return ends;
}

TEST_F(RecoveryTest, AnEmptyFolderBeginsTheFirstEpochAndEachStartANewOne) {
  EXPECT_EQ(recover().epoch, 1U);
  EXPECT_EQ(recover().epoch, 2U);
}

// A server that was killed before its transfer, and a clock that was set back before the next
// start.
TEST_F(RecoveryTest, TheClockThatMoneyGoesByIsNotBehindACallThatWasRecovered) {
  const auto admission = test_admission();
  {
    auto journal = open_journal(1);
    journal->sent(*journal->admit(admission));
  }
  replace_wall_clock([] { return from_unix_ms(kNoon2026Nov24Ms - 86'400'000); });
  recover();
  EXPECT_EQ(wall_now(), admission.at);
  replace_wall_clock(nullptr);
}

TEST_F(RecoveryTest, NeverSentIsVoidSentIsChargedSettledIsKept) {
  write_four_calls(journal_folder());
  const auto recovered = recover();
  EXPECT_EQ(recovered.epoch, 2U);
  EXPECT_EQ(recovered.settled_calls, 2);
  EXPECT_EQ(recovered.interrupted_calls, 1);
  EXPECT_EQ(recovered.void_calls, 1);
  EXPECT_EQ(recovered.damaged_records, 0);
  EXPECT_EQ(events(), 3);
  EXPECT_EQ(charged(), kSettled1And2 + kInterrupted3);
  EXPECT_EQ(number_from("SELECT sequence FROM usage_events WHERE outcome = 6"), 3);
  EXPECT_EQ(rollups()[at(Sum::kInterrupted)], 1);
  expect_sums_agree();
  EXPECT_TRUE(journal_is_empty());
}

TEST_F(RecoveryTest, AnInterruptedCallThatWasNotStreamedIsChargedItsInterruptedCharge) {
  auto admission = test_admission(7);
  admission.stream = false;
  {
    auto journal = open_journal(1);
    journal->sent(*journal->admit(admission));
  }
  recover();
  EXPECT_EQ(charged(), admission.interrupted_charge.count());
}

// What limits of tokens and the rollups count for a call that was cut off.
TEST_F(RecoveryTest, AnInterruptedCallCountsTheTokensThatItIsChargedFor) {
  auto whole = test_admission(7);
  whole.stream = false;
  const auto stream = test_admission(8);
  auto odd = test_admission(9);
  odd.stream = false;
  odd.interrupted_tokens = odd.prompt_tokens - 1;
  {
    auto journal = open_journal(1);
    journal->sent(*journal->admit(whole));
    journal->sent(*journal->admit(stream));  // before its first instalment
    const auto id = *journal->admit(stream);
    journal->sent(id);
    journal->instalment(id, {.output_charge = NanoUsd{40}, .output_tokens = 5});
    journal->instalment(id, {.output_charge = NanoUsd{90}, .output_tokens = 11});
    journal->sent(*journal->admit(odd));
  }
  recover();
  const auto expect = [this](int sequence, std::int64_t input, std::int64_t output,
                             NanoUsd charge) {
    const auto of = [&](const std::string& column) {
      return number_from("SELECT COALESCE(" + column +
                         ", 0) FROM usage_events WHERE sequence = " + std::to_string(sequence));
    };
    EXPECT_EQ(of("input_text_tokens"), input) << sequence;
    EXPECT_EQ(of("output_text_tokens"), output) << sequence;
    EXPECT_EQ(of("charge"), charge.count()) << sequence;
  };
  expect(1, whole.prompt_tokens, whole.interrupted_tokens - whole.prompt_tokens,
         whole.interrupted_charge);
  expect(2, stream.prompt_tokens, 0, stream.prompt_charge);
  expect(3, stream.prompt_tokens, 11, stream.prompt_charge + NanoUsd{90});
  expect(4, odd.prompt_tokens, 0, odd.interrupted_charge);
  expect_sums_agree();
}

TEST_F(RecoveryTest, ACallThatWasSentAndWhoseAdmissionIsDamagedIsReported) {
  const auto ends = write_four_calls(journal_folder());
  auto spoilt = segment_of_worker_0();
  const auto spoil = [&](std::uint64_t at) { spoilt[at] = static_cast<char>(spoilt[at] ^ 0x04); };
  spoil(ends[5] + 40);  // in the admission of call 3, which was not settled
  spoil(ends[0] - 40);  // and of call 1, which was
  put_segment(1, spoilt);
  const auto recovered = recover();
  EXPECT_EQ(recovered.damaged_records, 2);
  EXPECT_EQ(recovered.lost_calls, 1);
  EXPECT_EQ(events(), 2);
  EXPECT_EQ(charged(), kSettled1And2);
}

TEST_F(RecoveryTest, AnInterruptedCallOfATestKeyCostsNothing) {
  auto admission = test_admission(7);
  admission.test = true;
  {
    auto journal = open_journal(1);
    journal->sent(*journal->admit(admission));
  }
  recover();
  EXPECT_EQ(events(), 1);
  EXPECT_EQ(charged(), 0);
  EXPECT_EQ(number_from("SELECT would_have_cost FROM usage_events"),
            admission.prompt_charge.count());
  EXPECT_EQ(number_from("SELECT cost FROM usage_events"), 0);
}

TEST_F(RecoveryTest, ASegmentCutOffAtAnyByteKeepsEveryRecordBeforeTheCut) {
  const auto ends = write_four_calls(journal_folder());
  ASSERT_EQ(ends.size(), 11U);
  const auto whole = segment_of_worker_0();
  for (std::uint32_t kept = 0; kept <= ends.back(); ++kept) {
    put_segment(1'000 + kept, whole.substr(0, kept));
  }
  // A head that is cut off in its first copy is cut off in its second; no record was in it.
  const auto recovered = recover();
  EXPECT_EQ(recovered.damaged_records, 0);
  EXPECT_TRUE(journal_is_empty());
  for (std::uint32_t kept = 0; kept <= ends.back(); ++kept) {
    const auto records = std::ranges::upper_bound(ends, kept) - ends.begin();
    const auto where = " FROM usage_events WHERE epoch = " + std::to_string(1'000 + kept);
    // Records: admitted, sent, settled of 1 and of 2; admitted, sent, two instalments of 3; 4.
    constexpr long long kCalls[] = {0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3};
    ASSERT_EQ(number_from("SELECT COUNT(*)" + where), kCalls[records]) << kept;
    constexpr long long kCharge1 = 602;
    constexpr long long kPrompt3 = kSettled1And2 + 303;
    constexpr long long kCharges[] = {0,
                                      0,
                                      103,
                                      kCharge1,
                                      kCharge1,
                                      kCharge1 + 203,
                                      kSettled1And2,
                                      kSettled1And2,
                                      kPrompt3,
                                      kPrompt3 + 20,
                                      kPrompt3 + 50,
                                      kPrompt3 + 50};
    ASSERT_EQ(number_from("SELECT COALESCE(SUM(charge), 0)" + where), kCharges[records]) << kept;
  }
  expect_sums_agree();
}

// Every call has two records that name it whole, so one flipped byte costs a detail, not a call.
TEST_F(RecoveryTest, AFlippedByteIsCountedAndEveryOtherRecordIsKept) {
  const auto ends = write_four_calls(journal_folder());
  const auto whole = segment_of_worker_0();
  std::int64_t flips = 0;
  for (std::size_t at = 0; at < ends[5]; ++at) {  // up to the end of call 2
    auto spoilt = whole;
    spoilt[at] = static_cast<char>(spoilt[at] ^ 0x04);
    put_segment(1'000 + static_cast<std::uint32_t>(at), spoilt);
    flips += at >= kSegmentHeadBytes ? 1 : 0;
  }
  const auto recovered = recover();
  constexpr std::int64_t kPaddingBytesMax = 6 * 7;  // which no check sum covers and nobody reads
  EXPECT_LE(recovered.damaged_records, flips);
  EXPECT_GE(recovered.damaged_records, flips - kPaddingBytesMax);
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM (SELECT epoch FROM usage_events WHERE epoch >= 1000"
                        " GROUP BY epoch HAVING COUNT(*) >= 2) AS ends"),
            static_cast<long long>(ends[5]));
  // Where the head was hit, or an admission or a sent, both charges are exact.
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM usage_events WHERE epoch >= 1000 AND sequence = 3"
                        " AND charge = 353"),
            static_cast<long long>(ends[5]));
  for (const auto at :
       {std::size_t{5}, std::size_t{kSegmentHeadBytes + 30}, std::size_t{ends[0]}}) {
    EXPECT_EQ(number_from("SELECT SUM(charge) FROM usage_events WHERE sequence <= 2 AND epoch = " +
                          std::to_string(1'000 + at)),
              kSettled1And2);
  }
  expect_sums_agree();
}

TEST_F(RecoveryTest, ASegmentWithoutAReadableHeadIsKeptAsideAndCounted) {
  write_four_calls(journal_folder());
  auto spoilt = segment_of_worker_0();
  spoilt[0] = spoilt[64] = 'x';
  put_segment(1, spoilt);
  EXPECT_EQ(recover().damaged_records, 1);
  EXPECT_EQ(events(), 0);
  EXPECT_TRUE(fs::exists(journal_folder() / (file_name({.epoch = 1}) + ".damaged")));
  EXPECT_EQ(recover().damaged_records, 0);
}

TEST_F(RecoveryTest, AFileThatWasNeverFinishedIsRemoved) {
  fs::create_directories(journal_folder());
  std::ofstream{journal_folder() / "00000001-000-00000000.journal.new"} << "half";
  recover();
  EXPECT_TRUE(journal_is_empty());
}

TEST_F(RecoveryTest, ARecoveryThatWasItselfInterruptedBeginsAnewAndDoublesNothing) {
  write_four_calls(journal_folder());
  const auto whole = segment_of_worker_0();
  recover();
  put_segment(1, whole);  // the ledger was written, the segment not yet removed
  EXPECT_EQ(recover().epoch, 3U);
  EXPECT_EQ(events(), 3);
  EXPECT_EQ(charged(), kSettled1And2 + kInterrupted3);
  expect_sums_agree();
}

TEST_F(RecoveryTest, TheEndOfACallWhoseFirstSegmentWasTransferredIsNoDamage) {
  {
    auto journal =
        *Journal::open({.folder = journal_folder(), .epoch = 1, .segment_bytes = 8 << 10});
    const auto id = *journal->admit(test_admission(1));
    const auto other = *journal->admit(test_admission(2));
    for (std::int64_t charge = 1; charge < std::int64_t{1} << 62; charge *= 2) {
      journal->instalment(other, {.output_charge = NanoUsd{charge}});
      journal->instalment(id, {.output_charge = NanoUsd{charge}});
    }
    for (std::int64_t number = 3; journal->position().segment == 0; ++number) {
      const auto filler = *journal->admit(test_admission(number));
      journal->settle(filler, test_admission(number), test_settlement(number));
    }
    journal->sent(id);
    journal->settle(id, test_admission(1), test_settlement(1));
    journal->sent(other);
    journal->settle(other, test_admission(2), test_settlement(2));
  }
  fs::remove(journal_folder() / file_name({.epoch = 1, .number = 0}));
  EXPECT_EQ(recover().damaged_records, 0);
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM usage_events WHERE sequence <= 2"), 2);
}

TEST_F(RecoveryTest, EveryWorkerOfEveryEpochIsRecovered) {
  for (const std::uint32_t epoch : {1U, 2U, 5U}) {
    for (const auto worker : std::array<std::uint16_t, 3>{0, 1, 9}) {
      auto journal = open_journal(epoch, worker);
      for (std::int64_t number = 1; number <= 3; ++number) {
        const auto id = *journal->admit(test_admission(number));
        journal->sent(id);
        if (number < 3) journal->settle(id, test_admission(number), test_settlement(number));
      }
    }
  }
  const auto recovered = recover();
  EXPECT_EQ(recovered.epoch, 6U);
  EXPECT_EQ(recovered.settled_calls, 18);
  EXPECT_EQ(recovered.interrupted_calls, 9);
  EXPECT_EQ(events(), 27);
  expect_sums_agree();
}

// The database came from a backup that is older than the journals.
TEST_F(RecoveryTest, AnEpochThatTheDatabaseDoesNotKnowIsRecoveredAndAgrees) {
  {
    auto journal = open_journal(7);
    auto settlement = test_settlement();
    settlement.charge = settlement.cost;
    const auto id = *journal->admit(test_admission());
    journal->sent(id);
    journal->settle(id, test_admission(), settlement);
  }
  EXPECT_EQ(recover().epoch, 8U);
  EXPECT_EQ(events(), 1);
  const auto report = verify_ledger(*database_, {.journal_folder = journal_folder()});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->difference) << report->difference->what;
}

TEST_F(RecoveryTest, WhereTheDatabaseRefusesNothingIsRemoved) {
  write_four_calls(journal_folder());
  take_away("usage_pending");
  EXPECT_EQ(recover_journals(*database_, journal_folder()).error().code, Code::kDatabase);
  EXPECT_FALSE(journal_is_empty());
  give_back("usage_pending");
  recover();
  EXPECT_EQ(events(), 3);
  expect_sums_agree();
}

}  // namespace
}  // namespace tg::ledger
