// SPDX-License-Identifier: Apache-2.0
// Segments that are written over what stood in a retired one. What else a segment does is tested
// through the journal, the transfer and the recovery.
#include "ledger/segment.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBytes = 16 << 10;
const fs::path kFolder = "journal";
const SegmentName kOld{.epoch = 1, .worker = 0, .number = 3};
const SegmentName kNew{.epoch = 1, .worker = 0, .number = 7};
constexpr std::uint64_t kFirstOld = 1;
constexpr std::uint64_t kFirstNew = 1'000;

void write_calls(SegmentWriter& segment, std::uint64_t first, std::uint64_t count) {
  for (auto sequence = first; sequence < first + count; ++sequence) {
    ASSERT_GE(segment.left(), kRecordBytesMax);
    segment.publish_record(write_settled(segment.end(), sequence, test_admission(),
                                         test_settlement(static_cast<std::int64_t>(sequence))));
  }
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> all;
  for (auto number = first; number < first + count; ++number) all.push_back(number);
  return all;
}

class RetiredSegmentTest : public testing::Test {
 protected:
  // Full of old calls, all of it on the disk.
  void retire_one() {
    auto old = *SegmentWriter::create(disk_, kFolder, kOld, kBytes);
    for (auto next = kFirstOld; old.left() >= kRecordBytesMax; ++next) write_calls(old, next, 1);
    ASSERT_TRUE((*SegmentReader::open(disk_, kFolder / file_name(kOld))).sync());
    ASSERT_TRUE(disk_.sync_folder(kFolder));
    ASSERT_TRUE(retire_segment(disk_, kFolder, kOld));
  }

  SegmentReader reader() { return *SegmentReader::open(disk_, kFolder / file_name(kNew)); }

  std::vector<std::uint64_t> recovered() {
    auto from = reader();
    std::vector<std::uint64_t> found;
    while (const auto record = from.next_recovered()) found.push_back(record->sequence);
    damaged_records_ = from.damaged_records();
    return found;
  }

  SimulatedDisk disk_;
  std::int64_t damaged_records_ = 0;
};

TEST_F(RetiredSegmentTest, IsWrittenOverAndShowsOnlyWhatIsNew) {
  retire_one();
  auto segment = *SegmentWriter::create(disk_, kFolder, kNew, kBytes);
  EXPECT_EQ(disk_.files(), std::vector{kFolder / file_name(kNew)});
  auto live = reader();
  EXPECT_FALSE(live.sealed());
  EXPECT_EQ(live.written_bytes(), 0);
  for (std::uint64_t count = 0; segment.left() >= kRecordBytesMax; ++count) {
    EXPECT_FALSE(live.next());
    EXPECT_EQ(recovered(), numbers(kFirstNew, count));
    EXPECT_EQ(damaged_records_, 0);
    write_calls(segment, kFirstNew + count, 1);
    const auto record = live.next();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->sequence, kFirstNew + count);
  }
  EXPECT_EQ(live.damaged_records(), 0);
}

TEST_F(RetiredSegmentTest, AFlippedByteInItsLastRecordIsFoundThoughOldOnesFollow) {
  retire_one();
  auto segment = *SegmentWriter::create(disk_, kFolder, kNew, kBytes);
  write_calls(segment, kFirstNew, 3);
  auto file = *disk_.reopen(kFolder / file_name(kNew), kBytes);
  file->bytes()[segment.position() - 40] ^= std::byte{1};
  EXPECT_EQ(recovered(), numbers(kFirstNew, 2));
  EXPECT_EQ(damaged_records_, 1);
}

TEST_F(RetiredSegmentTest, OfAnotherSizeOrAnotherWorkerIsNotUsed) {
  retire_one();
  ASSERT_TRUE(SegmentWriter::create(disk_, kFolder, {.epoch = 1, .worker = 1}, kBytes));
  EXPECT_EQ(disk_.files().size(), 2);
  auto segment = *SegmentWriter::create(disk_, kFolder, kNew, 2 * kBytes);
  EXPECT_EQ(disk_.files().size(), 2);
  EXPECT_EQ(segment.left(), 2 * kBytes - kSegmentHeadBytes);
  EXPECT_TRUE(recovered().empty());
}

TEST_F(RetiredSegmentTest, OneIsKeptAWorkerAndItsJournalsEndTakesItAway) {
  retire_one();
  auto segment = SegmentWriter::create(disk_, kFolder, kNew, kBytes);
  auto another = SegmentWriter::create(disk_, kFolder, kOld, kBytes);
  ASSERT_TRUE(retire_segment(disk_, kFolder, kNew));
  ASSERT_TRUE(retire_segment(disk_, kFolder, kOld));
  EXPECT_EQ(disk_.files().size(), 1);
  ASSERT_TRUE(remove_retired(disk_, kFolder, 0));
  EXPECT_TRUE(disk_.files().empty());
}

TEST_F(RetiredSegmentTest, OnADiskWhoseNamesCannotChangeNothingIsLetGoAndNothingBegun) {
  retire_one();
  auto segment = SegmentWriter::create(disk_, kFolder, kNew, kBytes);
  disk_.set_read_only(true);
  EXPECT_FALSE(retire_segment(disk_, kFolder, kNew));
  EXPECT_FALSE(SegmentWriter::create(disk_, kFolder, kOld, kBytes));
  EXPECT_TRUE(disk_.exists(kFolder / file_name(kNew)));
}

// Whatever pages reach the disk: nothing old is ever taken for new, and what was synced is there.
TEST_F(RetiredSegmentTest, WhatThePowersEndLeavesNeverMixesOldAndNew) {
  std::mt19937_64 random{std::random_device{}()};
  const auto seed = random();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(seed);
  random.seed(seed);
  for (int round = 0; round < 500; ++round) {
    disk_ = SimulatedDisk{};
    retire_one();
    auto segment = *SegmentWriter::create(disk_, kFolder, kNew, kBytes);
    const auto synced = random() % 8;
    write_calls(segment, kFirstNew, synced);
    ASSERT_TRUE(reader().sync());
    ASSERT_TRUE(disk_.sync_folder(kFolder));
    write_calls(segment, kFirstNew + synced, random() % 8);
    disk_.write_back(random);
    disk_.lose_power(random);
    disk_.restart();

    const auto found = recovered();
    ASSERT_GE(found.size(), synced) << round;
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_GE(found[i], kFirstNew) << round;
    for (std::size_t i = 0; i < synced; ++i) ASSERT_EQ(found[i], kFirstNew + i) << round;
  }
}

}  // namespace
}  // namespace tg::ledger
