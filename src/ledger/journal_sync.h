// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/segment.h"

// What the journal survives (config::Durability). kProcess: the end of this process, in any way,
// loses nothing; a power cut may lose what the kernel had not written yet (on Linux up to 30 s).
// kInterval: a thread syncs what is new every 50 ms; a power cut loses that much at most. kCall: no
// call goes out before its records are on the disk, so a power cut loses none that reached an
// upstream; of what they were charged it loses what kInterval does, and they are then charged as
// interrupted.
namespace tg::ledger {

// One sync of all journals, without a thread.
//
// Threading:  one thread.
// Errors:     kIo. After a sync that failed every run() fails, because the next one would succeed
//             without having written anything; what is new is synced all the same.
class SyncPass {
 public:
  SyncPass(Disk& disk, std::filesystem::path folder) : disk_{disk}, folder_{std::move(folder)} {}

  // What the journals held before is on the disk afterwards.
  [[nodiscard]] Result<void> run();
  // False for ever once a sync has failed.
  [[nodiscard]] bool healthy() const noexcept { return !broken_; }

 private:
  struct Watched {
    SegmentReader reader;
    std::uint64_t synced_bytes = 0;
    bool there = true;
  };

  Result<void> look();
  Result<void> watch(const std::string& name);
  void sync_segments();
  void sync_folder();
  void note_failure(const char* message, const std::string& file, const Error& error);

  Disk& disk_;
  const std::filesystem::path folder_;
  std::map<std::string, Watched> watched_;
  bool folder_changed_ = false;
  bool unseen_ = false;  // the last look() failed
  std::optional<Error> broken_;
};

// Runs a pass at least once in each interval, and at once where a call waits for it.
//
// Threading:  start() and stop() from the thread that wires the server; after_sync() and healthy()
//             from any; one thread of its own, which calls what waits.
// Limits:     as many wait as there are running calls; all that came before a pass share it.
class JournalSync {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  explicit JournalSync(std::filesystem::path folder,
                       std::chrono::milliseconds interval = std::chrono::milliseconds{50},
                       Disk& disk = real_disk());
  ~JournalSync();
  JournalSync(const JournalSync&) = delete;
  JournalSync& operator=(const JournalSync&) = delete;

  // Not to be called for kProcess.
  void start();
  void stop();  // syncs once more, and answers all that wait

  // Calls `done` when all that this thread has written until now, to whichever journal, is on the
  // disk, or cannot be brought there (kIo: then no call may go out before a restart). `done` runs
  // on the sync's thread and must not wait; before start() and after stop() it is called at once
  // with kShuttingDown.
  void after_sync(Done done);

  // False from the first sync that fails until a restart: a power cut may then lose any call.
  [[nodiscard]] bool healthy() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::ledger
