// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal_sync.h"

#include <algorithm>
#include <string>

#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

// How many files of `folder` this process has open.
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
  EXPECT_TRUE(comes_true([&] { return open_files(folder.path()) == 1; }));
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
  EXPECT_TRUE(comes_true([&] { return open_files(folder.path() / "later") == 1; }));
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

}  // namespace
}  // namespace tg::ledger
