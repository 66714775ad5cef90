// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/journal_follower.h"
#include "ledger/journal_position.h"
#include "ledger/ledger_writer.h"
#include "store/database.h"

// The transfer without its thread: one batch after the other from the journals into the ledger.
// What was read and could not be written is kept and written first, so nothing is lost or doubled,
// also where COMMIT's answer was: an event that is there already adds nothing.
//
// Threading:  one at a time.
// Errors:     kDatabase; kIo where a journal cannot be read (the others go on).
namespace tg::ledger {

class TransferPass {
 public:
  TransferPass(store::Database& database, const std::filesystem::path& folder, std::uint32_t epoch,
               std::uint16_t workers, Disk& disk);

  // Hears of events once they stand in the ledger; it must be quick.
  using Listener = std::function<void(std::span<const UsageEvent>)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // A full batch leaves something behind; less was all that there was.
  enum class Step : std::uint8_t { kFull, kSome, kNothing };
  // One batch; not beyond `until`, which names each worker's place, or is empty.
  [[nodiscard]] Result<Step> step(std::span<const JournalPosition> until = {});
  // The workers have ended, and nothing is left to do.
  void end();
  [[nodiscard]] std::size_t pending_calls() const noexcept { return batch_.events.size(); }

 private:
  [[nodiscard]] bool read(std::span<const JournalPosition> until);

  store::Database& database_;
  Listener listener_;
  std::deque<JournalFollower> followers_;
  LedgerBatch batch_;  // read, and not yet written
};

}  // namespace tg::ledger
