// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/journal_position.h"
#include "ledger/ledger_writer.h"
#include "ledger/segment.h"

// Follows one worker's journal while it is written, segment by segment.
//
// Threading:  one at a time; the journal's worker may write meanwhile.
// Errors:     kIo, kCorrupt: a segment that cannot be opened.
namespace tg::ledger {

class JournalFollower {
 public:
  JournalFollower(Disk& disk, std::filesystem::path folder, std::uint32_t epoch,
                  std::uint16_t worker)
      : disk_{disk}, folder_{std::move(folder)}, epoch_{epoch}, worker_{worker} {}

  // Adds settled calls to the batch until it is full, nothing more is there, or `until` is reached;
  // true if it read anything.
  [[nodiscard]] Result<bool> read(LedgerBatch& batch,
                                  const std::optional<JournalPosition>& until = std::nullopt);
  // The oldest segment that is needed once all that was read is in the ledger.
  [[nodiscard]] std::uint64_t first_needed() const;
  // Retires the ones before it, oldest first.
  void retire_before(std::uint64_t segment);
  // The worker has ended: no segment is retired for another.
  void remove_last() { (void)remove_retired(disk_, folder_, worker_); }

 private:
  Result<bool> open_next();
  void take(const Record& record, LedgerBatch& batch);
  [[nodiscard]] bool reached(const JournalPosition& until) const;
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const {
    return folder_ / file_name({epoch_, worker_, number});
  }

  Disk& disk_;
  const std::filesystem::path folder_;
  const std::uint32_t epoch_;
  const std::uint16_t worker_;
  std::optional<SegmentReader> reader_;
  std::uint64_t number_ = 0;      // of the segment that is read, or is next
  std::uint64_t first_kept_ = 0;  // the oldest one that was not removed
  std::unordered_map<std::uint64_t, std::uint64_t> open_;  // sequence → segment of its admission
};

}  // namespace tg::ledger
