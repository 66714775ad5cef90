// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/journal_position.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// Carries settled calls from the journal into the ledger: events, rollups and the position in one
// transaction, so each exactly once. One thread of its own; a call stands in the ledger well within
// a second of its end. Where SQL is away the journal keeps everything and the transfer tries again.
//
// Threading:  start() and stop() from the thread that wires the server.
namespace tg::ledger {

// Before any journal is opened: gives every call of earlier epochs its place in the ledger (not
// sent: void; sent: charged prompt and instalments, or the Admission's interrupted_charge if not
// streamed; marked interrupted), removes their segments, and returns the epoch that begins now.
struct Recovered {
  std::uint32_t epoch = 0;
  std::int64_t settled_calls = 0;      // found complete and transferred
  std::int64_t interrupted_calls = 0;  // charged as interrupted
  std::int64_t void_calls = 0;         // admitted, never sent
  std::int64_t damaged_records = 0;
  std::int64_t lost_calls = 0;  // sent, and by damage nobody knows for whom; each is logged
};
[[nodiscard]] Result<Recovered> recover_journals(store::Database& database,
                                                 const std::filesystem::path& folder,
                                                 Disk& disk = real_disk());

class Transfer {
 public:
  Transfer(store::Database& database, const std::filesystem::path& folder, std::uint32_t epoch,
           std::uint16_t workers, Disk& disk = real_disk());
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Who hears, on the transfer's thread, of calls that stand in the ledger now. Before start().
  using Listener = std::function<void(std::span<const UsageEvent>)>;
  void set_listener(Listener listener);

  void start();
  // Transfers what is there, then ends the thread. Call after the last journal was closed.
  void stop();

  // Calls that are older are removed now and then; zero: none ever (retention.h). Any thread.
  void keep_calls(std::chrono::days days);

  // Brings what the journals have now into the ledger; from any control thread. kDatabase.
  [[nodiscard]] Result<void> catch_up();

  // `take` says where each worker's journal is cut; the ledger is brought to exactly there, and
  // `act` runs with nothing beyond it in the ledger. From any control thread, which waits.
  // kDatabase: SQL was away for five seconds; what `act` returns.
  using TakeCut = std::function<std::vector<JournalPosition>()>;
  [[nodiscard]] Result<void> at_cut(const TakeCut& take, const std::function<Result<void>()>& act);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::ledger
