// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "ledger/usage_event.h"

// Where a call is written down before anything happens: admitted, sent, instalment, settled.
// Segments are preallocated files, mapped shared: a record is a copy into memory that the kernel
// owns, so kill -9 loses none and no system call is made.
//
// Threading:  one per worker, used by that worker alone; the sync thread and the transfer read the
//             same files through their own mappings.
// Limits:     segments of `segment_bytes`; when `bytes_max` of them await their transfer, admit()
//             refuses.
// Errors:     kJournalFull, kIo. Only admit() can fail: it sets space aside for the records that
//             follow, so a call that was let in can always be settled.
namespace tg::ledger {

struct JournalOptions {
  std::filesystem::path folder;  // data/journal
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t segment_bytes = 8 << 20;
  std::uint64_t bytes_max = 1 << 30;
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
  // While a stream passes: the charge for all of its output so far (cumulative, the last one
  // holds). Keeps to the space that admit() set aside: at most 64 of them a call, the rest is
  // dropped.
  void instalment(const EventId& id, const Instalment& so_far) noexcept;
  // Exactly once for each admitted call.
  void settle(const EventId& id, const Admission& admission, const Settlement& settlement) noexcept;

 private:
  class Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::ledger
