// SPDX-License-Identifier: Apache-2.0
#include "ledger/simulated_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;
const fs::path kFolder = "journal";
const fs::path kFile = kFolder / "a";

void fill(MappedFile& file, std::size_t page, char with) {
  std::memset(file.bytes().data() + page * kPage, with, kPage);
}

// 'o': all of it is `before`, 'n': `now`, 't': both meet once at a multiple of eight bytes.
char kind_of_page(std::span<const std::byte> page, char before, char now) {
  const auto count = std::ranges::count(page, static_cast<std::byte>(now));
  if (count == 0) return 'o';
  if (static_cast<std::size_t>(count) == page.size()) return 'n';
  std::size_t changes = 0;
  for (std::size_t at = 1; at < page.size(); ++at) {
    if (page[at] == page[at - 1]) continue;
    ++changes;
    EXPECT_EQ(at % 8, 0U);
  }
  EXPECT_EQ(changes, 1U);
  for (const auto byte : page) {
    EXPECT_TRUE(byte == static_cast<std::byte>(before) || byte == static_cast<std::byte>(now));
  }
  return 't';
}

class SimulatedDiskTest : public testing::Test {
 protected:
  std::unique_ptr<MappedFile> create(std::uint64_t pages, const fs::path& path = kFile) {
    return *disk_.create(path, pages * kPage);
  }
  std::unique_ptr<MappedFile> reopen(const fs::path& path = kFile) {
    disk_.restart();
    return *disk_.open(path);
  }

  SimulatedDisk disk_;
  std::mt19937_64 random_{7};
};

TEST_F(SimulatedDiskTest, MappingsOfAFileShareWhatIsInIt) {
  const auto writer = create(1);
  const auto reader = *disk_.open(kFile);
  EXPECT_EQ(writer->bytes()[5], std::byte{0});
  writer->bytes()[5] = std::byte{'x'};
  EXPECT_EQ(reader->bytes()[5], std::byte{'x'});
}

TEST_F(SimulatedDiskTest, NamesAreListedRenamedAndRemoved) {
  (void)create(1);
  (void)create(1, "elsewhere/b");
  EXPECT_EQ(*disk_.list(kFolder), std::vector<std::string>{"a"});
  ASSERT_TRUE(disk_.rename(kFile, kFolder / "c"));
  EXPECT_FALSE(disk_.exists(kFile));
  EXPECT_TRUE(disk_.exists(kFolder / "c"));
  ASSERT_TRUE(disk_.remove(kFolder / "c"));
  EXPECT_TRUE(disk_.list(kFolder)->empty());
  EXPECT_TRUE(disk_.remove(kFolder / "c"));
  EXPECT_EQ(disk_.open(kFile).error().code, Code::kNotFound);
  EXPECT_EQ(disk_.rename(kFile, kFolder / "c").error().code, Code::kNotFound);
}

TEST_F(SimulatedDiskTest, ACrashKeepsWhatIsLiveAndCutsOffWhoHeldIt) {
  const auto before = create(1);
  fill(*before, 0, 'l');
  disk_.crash();
  fill(*before, 0, 'x');
  EXPECT_FALSE(before->sync());
  EXPECT_FALSE(disk_.remove(kFile));
  EXPECT_FALSE(disk_.list(kFolder));
  EXPECT_EQ(kind_of_page(reopen()->bytes(), 'x', 'l'), 'n');
}

TEST_F(SimulatedDiskTest, WhatWasSyncedSurvivesAPowerCut) {
  const auto file = create(3);
  for (std::size_t page = 0; page < 3; ++page) fill(*file, page, 's');
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(disk_.sync_folder(kFolder));
  disk_.lose_power(random_);
  const auto again = reopen();
  EXPECT_EQ(std::ranges::count(again->bytes(), std::byte{'s'}), 3 * kPage);
}

TEST_F(SimulatedDiskTest, APageThatWasNotSyncedIsOldNewOrTorn) {
  constexpr std::size_t kPages = 200;
  const auto file = create(kPages);
  for (std::size_t page = 0; page < kPages; ++page) fill(*file, page, 'o');
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(disk_.sync_folder(kFolder));
  for (std::size_t page = 0; page < kPages; ++page) fill(*file, page, 'n');
  disk_.lose_power(random_);
  const auto again = reopen();
  std::map<char, int> kinds;
  for (std::size_t page = 0; page < kPages; ++page) {
    ++kinds[kind_of_page(again->bytes().subspan(page * kPage, kPage), 'o', 'n')];
  }
  for (const char kind : {'o', 'n', 't'}) EXPECT_GT(kinds[kind], 30) << kind;
}

TEST_F(SimulatedDiskTest, ChangesOfNamesThatWereNotSyncedHappenedOrNot) {
  std::set<std::vector<std::string>> seen;
  for (int round = 0; round < 200; ++round) {
    SimulatedDisk disk;
    (void)*disk.create(kFolder / "old", kPage);
    ASSERT_TRUE(disk.sync_folder(kFolder));
    (void)*disk.create(kFolder / "new.new", kPage);
    ASSERT_TRUE(disk.rename(kFolder / "new.new", kFolder / "new"));
    ASSERT_TRUE(disk.remove(kFolder / "old"));
    disk.lose_power(random_);
    disk.restart();
    seen.insert(*disk.list(kFolder));
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(seen, (std::set<Names>{
                      {}, {"new"}, {"new.new"}, {"old"}, {"new", "old"}, {"new.new", "old"}}));
}

TEST_F(SimulatedDiskTest, NamesThatWereSyncedStay) {
  const auto file = create(1, kFolder / "a.new");
  ASSERT_TRUE(disk_.rename(kFolder / "a.new", kFile));
  ASSERT_TRUE(disk_.sync_folder(kFolder));
  disk_.lose_power(random_);
  disk_.restart();
  EXPECT_EQ(disk_.files(), std::vector{kFile});
}

TEST_F(SimulatedDiskTest, AFailedSyncMakesTheNextOneLie) {
  const auto file = create(2);
  fill(*file, 0, 'o');
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(disk_.sync_folder(kFolder));
  fill(*file, 0, 'n');
  disk_.fail_syncs(1);
  EXPECT_EQ(file->sync().error().system_errno, EIO);
  EXPECT_TRUE(file->sync());  // and has written nothing
  fill(*file, 1, 's');
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(kind_of_page(file->bytes().first(kPage), 'o', 'n'), 'n');
  disk_.lose_power(random_);
  const auto again = reopen();
  EXPECT_EQ(kind_of_page(again->bytes().first(kPage), 'o', 'n'), 'o');
  EXPECT_EQ(kind_of_page(again->bytes().subspan(kPage), '\0', 's'), 'n');
}

TEST_F(SimulatedDiskTest, WhatTheKernelWroteByItselfSurvives) {
  constexpr std::size_t kPages = 64;
  const auto file = create(kPages);
  ASSERT_TRUE(disk_.sync_folder(kFolder));
  for (std::size_t page = 0; page < kPages; ++page) fill(*file, page, 'n');
  // Each time half of what is left; after twenty, nothing surely is.
  for (int time = 0; time < 20; ++time) disk_.write_back(random_);
  disk_.lose_power(random_);
  EXPECT_EQ(std::ranges::count(reopen()->bytes(), std::byte{'n'}), kPages * kPage);
}

TEST_F(SimulatedDiskTest, AFullOrReadOnlyDiskStillTakesWhatIsMapped) {
  const auto file = create(1);
  disk_.set_full(true);
  EXPECT_EQ(disk_.create(kFolder / "b", kPage).error().code, Code::kJournalFull);
  disk_.set_full(false);
  disk_.set_read_only(true);
  EXPECT_EQ(disk_.create(kFolder / "b", kPage).error().system_errno, EROFS);
  EXPECT_EQ(disk_.remove(kFile).error().system_errno, EROFS);
  EXPECT_EQ(disk_.rename(kFile, kFolder / "b").error().system_errno, EROFS);
  fill(*file, 0, 'n');
  EXPECT_TRUE(file->sync());
  disk_.set_read_only(false);
  EXPECT_TRUE(disk_.create(kFolder / "b", kPage));
}

TEST_F(SimulatedDiskTest, TheSameSeedLosesTheSame) {
  const auto lost = [](std::uint64_t seed) {
    std::mt19937_64 random{seed};
    SimulatedDisk disk;
    const auto file = *disk.create(kFile, 20 * kPage);
    EXPECT_TRUE(disk.sync_folder(kFolder));
    for (std::size_t page = 0; page < 20; ++page) fill(*file, page, 'n');
    disk.lose_power(random);
    disk.restart();
    const auto bytes = (*disk.open(kFile))->bytes();
    return std::vector<std::byte>{bytes.begin(), bytes.end()};
  };
  EXPECT_EQ(lost(1), lost(1));
  EXPECT_NE(lost(1), lost(2));
}

}  // namespace
}  // namespace tg::ledger
