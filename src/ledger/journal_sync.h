// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

// What the journal survives (config::Durability). kProcess: the end of this process, in any way,
// loses nothing; a power cut may lose what the kernel had not written yet (on Linux up to 30 s).
// kInterval: a thread syncs what is new every 50 ms; a power cut loses that much at most.
//
// Threading:  start() and stop() from the thread that wires the server; one thread of its own.
// Errors:     a sync that fails is logged once for each segment and tried again.
namespace tg::ledger {

class JournalSync {
 public:
  explicit JournalSync(std::filesystem::path folder,
                       std::chrono::milliseconds interval = std::chrono::milliseconds{50});
  ~JournalSync();
  JournalSync(const JournalSync&) = delete;
  JournalSync& operator=(const JournalSync&) = delete;

  // Not to be called for kProcess.
  void start();
  void stop();  // syncs once more

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::ledger
