// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "ledger/segment.h"
#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSmallSegment = 8 << 10;

class JournalTest : public testing::Test {
 protected:
  [[nodiscard]] JournalOptions options(std::uint64_t bytes_max = 1 << 20) const {
    return {.folder = folder_.path(),
            .epoch = 1,
            .worker = 0,
            .segment_bytes = kSmallSegment,
            .bytes_max = bytes_max};
  }

  [[nodiscard]] std::vector<fs::path> segments() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator{folder_.path()}) paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
  }

  [[nodiscard]] std::vector<Record> records(std::vector<SegmentReader>& readers) const {
    std::vector<Record> all;
    for (const auto& path : segments()) {
      auto reader = SegmentReader::open(real_disk(), path);
      EXPECT_TRUE(reader);
      readers.push_back(*std::move(reader));
      while (const auto record = readers.back().next()) all.push_back(*record);
      EXPECT_EQ(readers.back().damaged_records(), 0);
    }
    return all;
  }

  store::TestFolder folder_;
};

// Each has more of either than the one before.
Instalment doubling_instalment(int number) {
  return {.output_charge = NanoUsd{std::int64_t{1} << (number / 2)},
          .output_tokens = std::int64_t{1} << ((number + 1) / 2)};
}

void make_call(Journal& journal, std::int64_t number) {
  const auto admission = test_admission(number);
  const auto id = journal.admit(admission);
  ASSERT_TRUE(id);
  journal.sent(*id);
  journal.settle(*id, admission, test_settlement(number));
}

TEST_F(JournalTest, WhatIsWrittenStandsInItsOrder) {
  auto journal = *Journal::open(options());
  const auto admission = test_admission(3);
  const auto id = journal->admit(admission);
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, (EventId{.epoch = 1, .worker = 0, .sequence = 1}));
  journal->sent(*id);
  journal->instalment(*id, {.output_charge = NanoUsd{10}});
  journal->instalment(*id, {.output_charge = NanoUsd{20}});
  journal->settle(*id, admission, test_settlement(3));

  std::vector<SegmentReader> readers;
  const auto read = records(readers);
  ASSERT_EQ(read.size(), 5U);
  EXPECT_EQ(read[0].type, RecordType::kAdmitted);
  EXPECT_EQ(read[1].type, RecordType::kSent);
  EXPECT_EQ(parse_instalment(read[2].payload)->output_charge, NanoUsd{10});
  EXPECT_EQ(parse_instalment(read[3].payload)->output_charge, NanoUsd{20});
  const auto settled = parse_settled(read[4].payload);
  ASSERT_TRUE(settled);
  expect_same(settled->admission, admission);
  expect_same(settled->settlement, test_settlement(3));
}

TEST_F(JournalTest, AReaderSeesEachRecordAsSoonAsItIsThere) {
  auto journal = *Journal::open(options());
  auto reader = SegmentReader::open(real_disk(), segments().front());
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
  const auto id = *journal->admit(test_admission());
  EXPECT_EQ(reader->next()->type, RecordType::kAdmitted);
  EXPECT_FALSE(reader->next());
  journal->sent(id);
  EXPECT_EQ(reader->next()->type, RecordType::kSent);
  EXPECT_FALSE(reader->sealed());
  EXPECT_EQ(reader->written_bytes(), reader->position());
}

TEST_F(JournalTest, ManySmallSegmentsHoldEveryRecordOnce) {
  constexpr int kCalls = 500;
  {
    auto journal = *Journal::open(options());
    for (int call = 1; call <= kCalls; ++call) ASSERT_NO_FATAL_FAILURE(make_call(*journal, call));
    EXPECT_GT(segments().size(), 20U);
  }
  std::vector<SegmentReader> readers;
  std::vector<int> seen(kCalls + 1);
  for (const auto& record : records(readers)) ++seen[record.sequence];
  EXPECT_EQ(std::count(seen.begin() + 1, seen.end(), 3), kCalls);
  for (const auto& reader : readers) EXPECT_TRUE(reader.sealed());
}

TEST_F(JournalTest, AClosedJournalLeavesNoSpareSegments) {
  {
    auto journal = *Journal::open(options());
  }
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(JournalTest, OpenCallsCanAlwaysBeSettledHoweverFullTheJournalIs) {
  auto journal = *Journal::open(options(16 * kSmallSegment));
  auto admission = test_admission();
  admission.model.assign(kTextBytesMax, 'm');
  admission.upstream_model.assign(kTextBytesMax, 'u');
  auto settlement = test_settlement();
  settlement.served_model.assign(kTextBytesMax, 's');
  std::vector<EventId> open;
  for (;;) {
    const auto id = journal->admit(admission);
    if (!id) {
      EXPECT_EQ(id.error().code, Code::kJournalFull);
      break;
    }
    open.push_back(*id);
  }
  ASSERT_GT(open.size(), 5U);
  for (const auto& id : open) journal->sent(id);
  for (int instalment = 1; instalment <= 64; ++instalment) {
    for (const auto& id : open) journal->instalment(id, doubling_instalment(instalment));
  }
  for (const auto& id : open) journal->settle(id, admission, settlement);

  std::vector<SegmentReader> readers;
  EXPECT_EQ(records(readers).size(), open.size() * (3 + 64));
}

TEST_F(JournalTest, InstalmentsBeyondTheirSpaceAreDropped) {
  auto journal = *Journal::open(options());
  const auto id = *journal->admit(test_admission());
  journal->sent(id);
  for (int instalment = 1; instalment <= 70; ++instalment) {
    journal->instalment(id, doubling_instalment(instalment));
  }
  journal->settle(id, test_admission(), test_settlement());
  std::vector<SegmentReader> readers;
  EXPECT_EQ(records(readers).size(), 3U + 64U);
}

// However often a stream is noted, and however long it is.
TEST_F(JournalTest, WhatAKillHidesOfALongStreamStaysABoundedPart) {
  for (const std::int64_t step : {1, 7, 1'000}) {
    const auto folder = folder_.path() / std::to_string(step);
    auto journal = *Journal::open({.folder = folder, .epoch = 1});
    auto reader = *SegmentReader::open(real_disk(), folder / file_name({.epoch = 1}));
    const auto id = *journal->admit(test_admission());
    std::int64_t written = 0;
    int records = 0;
    for (std::int64_t tokens = step; tokens <= 4'000 * 32 * step; tokens += step) {
      journal->instalment(id, {.output_charge = NanoUsd{3 * tokens}, .output_tokens = tokens});
      while (const auto record = reader.next()) {
        if (record->type != RecordType::kInstalment) continue;
        written = parse_instalment(record->payload)->output_tokens;
        ++records;
      }
      const auto hidden = tokens - written;
      ASSERT_LE(hidden * (tokens <= 16 * 32 * step ? 9 : 2), tokens) << tokens;
    }
    EXPECT_LE(records, 64);
  }
}

TEST_F(JournalTest, ThePositionIsWhereAReaderStandsThatHasReadEverything) {
  auto journal = *Journal::open(options());
  EXPECT_EQ(journal->position(),
            (JournalPosition{.epoch = 1, .worker = 0, .segment = 0, .offset = kSegmentHeadBytes}));
  for (int call = 1; call <= 100; ++call) {
    ASSERT_NO_FATAL_FAILURE(make_call(*journal, call));
    const auto at = journal->position();
    auto reader = *SegmentReader::open(
        real_disk(), folder_.path() / file_name({.epoch = 1, .worker = 0, .number = at.segment}));
    while (reader.next()) {
    }
    EXPECT_EQ(reader.position(), at.offset);
    EXPECT_FALSE(reader.sealed());
  }
  EXPECT_GT(journal->position().segment, 2U);
}

class JournalOnBadDiskTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open() {
    auto journal = Journal::open(
        {.folder = "journal", .epoch = 1, .segment_bytes = 4 * kSmallSegment, .disk = &disk_});
    EXPECT_TRUE(journal);
    return *std::move(journal);
  }

  // Until the journal refuses.
  static std::vector<EventId> fill(Journal& journal) {
    std::vector<EventId> open;
    for (;;) {
      const auto id = journal.admit(test_admission());
      if (!id) {
        EXPECT_EQ(id.error().code, Code::kJournalFull);
        return open;
      }
      journal.sent(*id);
      open.push_back(*id);
    }
  }

  std::size_t settled() {
    std::size_t settled = 0;
    for (const auto& path : disk_.files()) {
      auto reader = *SegmentReader::open(disk_, path);
      while (const auto record = reader.next()) {
        if (record->type == RecordType::kSettled) ++settled;
      }
    }
    return settled;
  }

  SimulatedDisk disk_;
};

TEST_F(JournalOnBadDiskTest, AFullDiskRefusesCallsSettlesThoseThatRunAndRecovers) {
  const auto journal = open();
  disk_.set_full(true);
  const auto open = fill(*journal);
  ASSERT_GT(open.size(), 0U);
  EXPECT_FALSE(journal->admit(test_admission()));
  for (const auto& id : open) journal->settle(id, test_admission(), test_settlement());
  EXPECT_EQ(settled(), open.size());
  disk_.set_full(false);
  EXPECT_TRUE(journal->admit(test_admission()));
}

TEST_F(JournalOnBadDiskTest, AReadOnlyDiskRefusesCallsAndSettlesThoseThatRun) {
  const auto journal = open();
  disk_.set_read_only(true);
  const auto open = fill(*journal);
  ASSERT_GT(open.size(), 0U);
  for (const auto& id : open) journal->settle(id, test_admission(), test_settlement());
  EXPECT_EQ(settled(), open.size());
  disk_.set_read_only(false);
  EXPECT_TRUE(journal->admit(test_admission()));
}

TEST_F(JournalOnBadDiskTest, ARefusalLeavesNoHalfSegment) {
  const auto journal = open();
  disk_.set_full(true);
  (void)fill(*journal);
  for (const auto& path : disk_.files()) EXPECT_TRUE(parse_file_name(path.filename().string()));
}

TEST_F(JournalTest, AFullJournalAcceptsAgainWhenItsOldSegmentsAreGone) {
  auto journal = *Journal::open(options(4 * kSmallSegment));
  int calls = 0;
  for (;;) {
    const auto id = journal->admit(test_admission());
    if (!id) break;
    journal->settle(*id, test_admission(), test_settlement());
    ++calls;
  }
  EXPECT_GT(calls, 5);
  EXPECT_LE(segments().size(), 4U);
  EXPECT_EQ(journal->admit(test_admission()).error().code, Code::kJournalFull);
  fs::remove(segments().front());
  EXPECT_TRUE(journal->admit(test_admission()));
}

TEST_F(JournalTest, AJournalThatCannotHoldTwoSegmentsIsNotOpened) {
  auto too_small = options();
  too_small.segment_bytes = 4 << 10;
  EXPECT_EQ(Journal::open(too_small).error().code, Code::kConfiguration);
  EXPECT_EQ(Journal::open(options(kSmallSegment)).error().code, Code::kConfiguration);
}

TEST(SegmentName, ReadsBackAndSortsAsItsNumbers) {
  const SegmentName name{.epoch = 7, .worker = 1, .number = 42};
  EXPECT_EQ(file_name(name), "00000007-001-00000042.journal");
  EXPECT_EQ(parse_file_name(file_name(name)), name);
  const SegmentName longest{.epoch = 4294967295, .worker = 65535, .number = 123456789012};
  EXPECT_EQ(parse_file_name(file_name(longest)), longest);
}

TEST(SegmentName, NoOtherFileIsTaken) {
  for (const auto* file :
       {"", ".journal", "1-2.journal", "1-2-3", "1-2-3.journal.new", "1-2-3.journal.damaged",
        "x1-2-3.journal", "1-99999-3.journal", "1-2-3x.journal", "-1-2-3.journal"}) {
    EXPECT_FALSE(parse_file_name(file)) << file;
  }
}

TEST_F(JournalTest, ASegmentIsReadWithEitherCopyOfItsHead) {
  {
    auto journal = *Journal::open(options());
    make_call(*journal, 1);
  }
  const auto path = segments().front();
  const auto spoil = [&](std::streamoff offset) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(offset);
    const auto byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(offset);
    file.put(byte);
  };
  spoil(3);
  EXPECT_TRUE(SegmentReader::open(real_disk(), path)->next());
  spoil(64 + 5);
  EXPECT_EQ(SegmentReader::open(real_disk(), path).error().code, Code::kCorrupt);
  spoil(3);
  EXPECT_TRUE(SegmentReader::open(real_disk(), path)->next());
}

}  // namespace
}  // namespace tg::ledger
