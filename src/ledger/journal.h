// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/journal_position.h"
#include "ledger/stored_object.h"
#include "ledger/usage_event.h"

// Where a call is written down before anything happens: admitted, sent, instalment, settled.
// Segments are preallocated files, mapped shared: a record is a copy into memory that the kernel
// owns, so kill -9 loses none and no system call is made.
//
// Threading:  one per worker, used by that worker alone; the sync thread and the transfer read the
//             same files through their own mappings.
// Limits:     segments of `segment_bytes`; when `bytes_max` of them await their transfer, admit()
//             refuses.
// Errors:     admit() alone can fail, with kJournalFull, whatever the disk's reason: it sets space
//             aside for the records that follow, so a call that was let in can always be settled.
namespace tg::ledger {

struct JournalOptions {
  std::filesystem::path folder;  // data/journal
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t segment_bytes = 0;  // 0: an eighth of bytes_max, 8 MiB at most
  std::uint64_t bytes_max = 1 << 30;
  Disk* disk = &real_disk();  // outlives the journal
};

class Journal {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const JournalOptions& options);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] Result<EventId> admit(const Admission& admission);
  // Before the first byte goes upstream.
  void sent(const EventId& id) noexcept;
  // While a stream passes: all of its output so far (cumulative, the last one holds). Keeps to the
  // space that admit() set aside, which is 64 of them a call: the first 32 are all written, 24 more
  // when the output has grown by an eighth since the last one that was, 8 more when it has doubled.
  // So a kill hides less than a ninth of the output up to 16 times, and less than half up to 4,000
  // times, what the first 32 told of.
  void instalment(const EventId& id, const Instalment& so_far) noexcept;
  // Exactly once for each admitted call.
  void settle(const EventId& id, const Admission& admission, const Settlement& settlement) noexcept;
  // Before its call is settled or goes on: what it has made or removed upstream. The first four of
  // a call are written, for which admit() set space aside.
  void note(const EventId& id, const StoredObject& object) noexcept;
  // In the place of settle(): the call ends, its work goes on.
  void go_on(const OpenWork& work) noexcept;
  // What is found upstream when no call runs. kJournalFull.
  [[nodiscard]] Result<void> add_object(const StoredObject& object);
  // Work that went on, whichever journal its call was in. kJournalFull.
  [[nodiscard]] Result<void> settle_late(const UsageEvent& event);

  // Behind the last record.
  [[nodiscard]] JournalPosition position() const noexcept;

 private:
  class Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::ledger
