// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/journal_follower.h"
#include "ledger/journal_position.h"
#include "ledger/ledger_writer.h"
#include "store/database.h"

// The transfer without its thread: one batch after the other from the journals into the ledger.
// While the database has a full batch, a thread reads the next one and adds it up. What was read
// and could not be written is kept and written first, so nothing is lost or doubled, also where
// COMMIT's answer was: an event that is there already adds nothing.
//
// Threading:  one at a time; between two steps there is no other thread.
// Limits:     two batches in memory.
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
  [[nodiscard]] std::size_t pending_calls() const noexcept;

 private:
  struct Reading {
    PreparedBatch batch;
    Care care = Care::kUsual;
    bool is_anything = false;                 // was read, if only what is no record of a batch
    std::vector<std::uint64_t> first_needed;  // each follower's segment, once this is written
  };
  [[nodiscard]] Reading read(std::span<const JournalPosition> until);
  [[nodiscard]] Result<void> write_first(std::span<const JournalPosition> until);

  store::Database& database_;
  Listener listener_;
  std::deque<JournalFollower> followers_;
  std::deque<Reading> read_;  // and not yet written
};

}  // namespace tg::ledger
