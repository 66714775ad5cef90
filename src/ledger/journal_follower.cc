// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal_follower.h"

#include <algorithm>
#include <utility>

#include "base/give_way.h"
#include "base/log.h"

namespace tg::ledger {

Result<bool> JournalFollower::open_next() {
  auto reader = SegmentReader::open(disk_, path_of(number_));
  if (!reader && reader.error().code == Code::kNotFound) return false;
  if (!reader) return std::unexpected(reader.error());
  reader_ = std::move(*reader);
  return true;
}

bool JournalFollower::reached(const JournalPosition& until) const {
  if (number_ != until.segment) return number_ > until.segment;
  return (reader_ ? reader_->position() : kSegmentHeadBytes) >= until.offset;
}

Result<bool> JournalFollower::read(LedgerBatch& batch,
                                   const std::optional<JournalPosition>& until) {
  bool any = false;
  std::optional<Error> failed;  // told after the position of what was read before it
  while (batch.records() < kBatchEventsMax && !(until && reached(*until))) {
    if (!reader_) {
      const auto opened = open_next();
      if (!opened) failed = opened.error();
      if (!opened || !*opened) break;
    }
    // Asked before the record: a segment that was sealed before has nothing after its last one.
    const bool sealed = reader_->sealed();
    if (const auto record = reader_->next()) {
      take(*record, batch);
      any = true;
      give_way();
      continue;
    }
    if (!sealed) break;
    reader_.reset();
    ++number_;
  }
  if (any) {
    const auto offset = reader_ ? reader_->position() : 0;
    batch.positions.push_back(
        {.epoch = epoch_, .worker = worker_, .segment = number_, .offset = offset});
  }
  if (failed) return std::unexpected(*failed);
  return any;
}

void JournalFollower::take(const Record& record, LedgerBatch& batch) {
  const EventId id{epoch_, worker_, record.sequence};
  switch (record.type) {
    case RecordType::kAdmitted: open_.emplace(record.sequence, number_); return;
    case RecordType::kSent:
    case RecordType::kInstalment: return;
    default: break;
  }
  if (!add_to_batch(record, id, batch)) {
    // Still open, so its segment stays for the recovery.
    log(LogLevel::kError, "record that cannot be read",
        {{"epoch", epoch_}, {"worker", worker_}, {"sequence", record.sequence}});
  } else if (record.type == RecordType::kSettled || record.type == RecordType::kGoesOn) {
    open_.erase(record.sequence);
  }
}

std::uint64_t JournalFollower::first_needed() const {
  auto needed = number_;
  for (const auto& [sequence, segment] : open_) needed = std::min(needed, segment);
  return needed;
}

void JournalFollower::retire_before(std::uint64_t segment) {
  for (; first_kept_ < segment; ++first_kept_) {
    // Tried again after the next batch.
    if (!retire_segment(disk_, folder_, {epoch_, worker_, first_kept_})) return;
  }
}

}  // namespace tg::ledger
