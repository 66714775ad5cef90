// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal_sync.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <latch>
#include <string>
#include <utility>
#include <vector>

#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

// How many files of `folder` this process has open: a segment by its journal and by the sync.
std::ptrdiff_t open_files(const fs::path& folder) {
  std::ptrdiff_t files = 0;
  for (const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code ignored;
    const auto file = fs::read_symlink(entry.path(), ignored).string();
    if (file.starts_with(folder.string() + "/")) ++files;
  }
  return files;
}

TEST(JournalSync, TakesNewSegmentsUpAndLetsGoOfThoseThatAreGone) {
  const store::TestFolder folder;
  JournalSync sync{folder.path(), std::chrono::milliseconds{1}};
  sync.start();
  auto journal = *Journal::open({.folder = folder.path(), .epoch = 1});
  (void)*journal->admit(test_admission());
  EXPECT_TRUE(comes_true([&] { return open_files(folder.path()) == 2; }));
  journal.reset();
  for (const auto& entry : fs::directory_iterator{folder.path()}) fs::remove(entry.path());
  EXPECT_TRUE(comes_true([&] { return open_files(folder.path()) == 0; }));
  sync.stop();
}

TEST(JournalSync, AFolderThatIsNotThereYetDoesNoHarm) {
  const store::TestFolder folder;
  JournalSync sync{folder.path() / "later", std::chrono::milliseconds{1}};
  sync.start();
  auto journal = *Journal::open({.folder = folder.path() / "later", .epoch = 1});
  EXPECT_TRUE(comes_true([&] { return open_files(folder.path() / "later") == 2; }));
}

TEST(JournalSync, CanBeStoppedTwiceAndNeverStarted) {
  const store::TestFolder folder;
  JournalSync never_started{folder.path()};
  never_started.stop();
  JournalSync twice{folder.path()};
  twice.start();
  twice.stop();
  twice.stop();
}

constexpr auto kNever = std::chrono::hours{1};  // no pass but for calls that wait

// The real one, whose syncs are counted, can be held up and can fail.
class WatchedDisk final : public Disk {
 public:
  Result<void> make_folder(const fs::path& folder) override { return real_.make_folder(folder); }
  Result<std::vector<std::string>> list(const fs::path& folder) override {
    return real_.list(folder);
  }
  Result<std::unique_ptr<MappedFile>> create(const fs::path& path, std::uint64_t bytes) override {
    return real_.create(path, bytes);
  }
  Result<std::unique_ptr<MappedFile>> open(const fs::path& path) override {
    TG_TRY(auto file, real_.open(path));
    return std::make_unique<File>(*this, std::move(file));
  }
  Result<std::unique_ptr<MappedFile>> reopen(const fs::path& path, std::uint64_t bytes) override {
    return real_.reopen(path, bytes);
  }
  Result<void> rename(const fs::path& from, const fs::path& to) override {
    return real_.rename(from, to);
  }
  Result<void> remove(const fs::path& path) override { return real_.remove(path); }
  bool exists(const fs::path& path) override { return real_.exists(path); }
  Result<void> sync_folder(const fs::path& folder) override { return real_.sync_folder(folder); }
  Result<std::uint32_t> salt() override { return real_.salt(); }

  std::atomic<int> syncs = 0;
  std::atomic<bool> held_up = false;
  std::atomic<bool> failing = false;

 private:
  class File final : public MappedFile {
   public:
    File(WatchedDisk& disk, std::unique_ptr<MappedFile> file)
        : disk_{disk}, file_{std::move(file)} {
      set_bytes(file_->bytes());
    }
    Result<void> sync() override {
      ++disk_.syncs;
      while (disk_.held_up) std::this_thread::yield();
      if (disk_.failing) return fail(Code::kIo, "injected", EIO);
      return file_->sync();
    }

   private:
    WatchedDisk& disk_;
    const std::unique_ptr<MappedFile> file_;
  };

  Disk& real_ = real_disk();
};

class AfterSyncTest : public testing::Test {
 protected:
  void SetUp() override {
    journal_ = *Journal::open({.folder = folder_.path(), .epoch = 1});
    sync_.start();
    ASSERT_TRUE(sync_and_wait());  // after its first pass it does nothing unasked
  }

  void send_call() { journal_->sent(*journal_->admit(test_admission())); }
  Result<void> sync_and_wait() {
    std::latch answered{1};
    Result<void> result;
    sync_.after_sync([&](Result<void> synced) {
      result = synced;
      answered.count_down();
    });
    answered.wait();
    return result;
  }

  const store::TestFolder folder_;
  WatchedDisk disk_;
  std::unique_ptr<Journal> journal_;
  JournalSync sync_{folder_.path(), kNever, disk_};
};

TEST_F(AfterSyncTest, ACallThatWaitsIsAnsweredAtOnceAndAfterASync) {
  send_call();
  EXPECT_TRUE(sync_and_wait());
  EXPECT_EQ(disk_.syncs, 1);
  send_call();
  EXPECT_TRUE(sync_and_wait());
  EXPECT_EQ(disk_.syncs, 2);
  EXPECT_TRUE(sync_.healthy());
}

TEST_F(AfterSyncTest, WhereNothingIsNewThereIsNothingToSync) {
  send_call();
  EXPECT_TRUE(sync_and_wait());
  EXPECT_TRUE(sync_and_wait());
  EXPECT_EQ(disk_.syncs, 1);
}

TEST_F(AfterSyncTest, CallsThatComeDuringASyncShareTheNextOne) {
  constexpr int kCalls = 100;
  disk_.held_up = true;
  std::atomic<int> answered = 0;
  const auto wait = [&] {
    sync_.after_sync([&](Result<void> synced) { answered += bool{synced}; });
  };
  send_call();
  wait();
  ASSERT_TRUE(comes_true([&] { return disk_.syncs == 1; }));
  for (int call = 0; call < kCalls; ++call) {
    send_call();
    wait();
  }
  EXPECT_EQ(answered, 0);
  disk_.held_up = false;
  EXPECT_TRUE(comes_true([&] { return answered == kCalls + 1; }));
  EXPECT_EQ(disk_.syncs, 2);
}

TEST_F(AfterSyncTest, AfterOneFailedSyncEveryCallIsRefusedThoughTheDiskSaysThatAllIsWell) {
  send_call();
  disk_.failing = true;
  EXPECT_EQ(sync_and_wait().error().code, Code::kIo);
  disk_.failing = false;
  send_call();
  EXPECT_EQ(sync_and_wait().error().code, Code::kIo);
  EXPECT_FALSE(sync_.healthy());
  EXPECT_GE(disk_.syncs, 2);  // what is new is worth a try
}

TEST_F(AfterSyncTest, TheEndAnswersAllThatWaitAndRefusesWhoComesLater) {
  std::atomic<int> answered = 0;
  for (int call = 0; call < 50; ++call) {
    send_call();
    sync_.after_sync([&](Result<void> synced) { answered += bool{synced}; });
  }
  sync_.stop();
  EXPECT_EQ(answered, 50);
  EXPECT_EQ(sync_and_wait().error().code, Code::kShuttingDown);
  JournalSync never_started{folder_.path()};
  bool refused = false;
  never_started.after_sync([&](Result<void> synced) { refused = !synced; });
  EXPECT_TRUE(refused);
}

class SyncPassTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open(std::uint16_t worker = 0) {
    return *Journal::open({.folder = "journal",
                           .epoch = 1,
                           .worker = worker,
                           .segment_bytes = 8 << 10,
                           .disk = &disk_});
  }
  static void send_call(Journal& journal, std::int64_t number) {
    journal.sent(*journal.admit(test_admission(number)));
  }
  // After a power cut.
  int sent_calls() {
    disk_.lose_power(random_);
    disk_.restart();
    int sent = 0;
    for (const auto& path : disk_.files()) {
      auto reader = SegmentReader::open(disk_, path);
      if (!reader) continue;
      while (const auto record = reader->next_recovered())
        sent += record->type == RecordType::kSent;
    }
    return sent;
  }

  SimulatedDisk disk_;
  SyncPass pass_{disk_, "journal"};
  std::mt19937_64 random_{3};
};

TEST_F(SyncPassTest, WhatWasWrittenBeforeSurvivesAPowerCutInEverySegmentOfEveryJournal) {
  auto first = open(0);
  auto second = open(1);
  EXPECT_TRUE(pass_.run());
  for (std::int64_t number = 1; number <= 50; ++number) {
    send_call(*first, number);
    send_call(*second, number);
  }
  EXPECT_GT(disk_.files().size(), 6U);
  EXPECT_TRUE(pass_.run());
  EXPECT_EQ(sent_calls(), 100);
}

TEST_F(SyncPassTest, AFailedSyncIsNeverForgotten) {
  auto journal = open();
  send_call(*journal, 1);
  disk_.fail_syncs(1);
  EXPECT_EQ(pass_.run().error().code, Code::kIo);
  EXPECT_FALSE(pass_.healthy());
  send_call(*journal, 2);
  EXPECT_EQ(pass_.run().error().code, Code::kIo);
}

TEST_F(SyncPassTest, AFolderThatCannotBeSyncedIsAFailedSync) {
  auto journal = open();
  disk_.fail_syncs(1);  // nothing is written yet: the first sync is the folder's
  EXPECT_FALSE(pass_.run());
  EXPECT_FALSE(pass_.healthy());
}

TEST_F(SyncPassTest, SegmentsThatCannotBeSeenFailThisPassOnly) {
  disk_.crash();
  EXPECT_EQ(pass_.run().error().code, Code::kIo);
  EXPECT_TRUE(pass_.healthy());
  disk_.restart();
  auto journal = open();
  send_call(*journal, 1);
  EXPECT_TRUE(pass_.run());
}

}  // namespace
}  // namespace tg::ledger
