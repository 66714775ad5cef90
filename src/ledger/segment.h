// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/record.h"

// A segment: one preallocated file of the journal, mapped shared. Its head says, twice, whose it
// is; records follow, each at a multiple of eight bytes, none across two segments.
//
// Threading:  one writer (a worker); any number of readers, in any process, each with its own
//             mapping. Writer and readers meet in single words only: a record's first one, and the
//             two in the head that say where the writer is and that it has gone on.
// Errors:     those of the disk. A reader's open(): kNotFound where no record can
//             be, kCorrupt where neither copy of the head can be read but something follows.
namespace tg::ledger {

struct SegmentName {
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t number = 0;

  friend auto operator<=>(const SegmentName&, const SegmentName&) = default;
};

// "00000007-001-00000042.journal": names sort as what they name.
[[nodiscard]] std::string file_name(const SegmentName& name);
[[nodiscard]] std::optional<SegmentName> parse_file_name(std::string_view file);
// A file that was never finished; no record is in it.
inline constexpr std::string_view kUnfinishedSuffix = ".new";
// A segment that nothing needs any more, kept for its blocks: to write over them costs half of what
// new ones do, and their sync half the time.
inline constexpr std::string_view kRetiredSuffix = ".retired";
// It becomes its worker's retired one, in place of an older; or is removed where it cannot.
[[nodiscard]] Result<void> retire_segment(Disk& disk, const std::filesystem::path& folder,
                                          const SegmentName& name);
[[nodiscard]] Result<void> remove_retired(Disk& disk, const std::filesystem::path& folder,
                                          std::uint16_t worker);

inline constexpr std::size_t kSegmentHeadBytes = 192;  // two copies of the identity, two live words

class SegmentWriter {
 public:
  // Written over the worker's retired one where there is one.
  [[nodiscard]] static Result<SegmentWriter> create(Disk& disk, const std::filesystem::path& folder,
                                                    const SegmentName& name, std::uint64_t bytes);

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  // Where the next record goes; publish_record() makes it one.
  [[nodiscard]] std::byte* end() noexcept { return bytes_.data() + position_; }
  void publish_record(std::size_t size) noexcept;
  // Nothing follows here.
  void seal() noexcept;

 private:
  SegmentWriter() = default;

  std::unique_ptr<MappedFile> file_;
  std::span<std::byte> bytes_;
  std::uint64_t number_ = 0;
  std::uint32_t salt_ = 0;
  std::uint64_t position_ = kSegmentHeadBytes;
  std::uint64_t let_go_ = 0;  // up to here
};

class SegmentReader {
 public:
  [[nodiscard]] static Result<SegmentReader> open(Disk& disk, const std::filesystem::path& path);

  [[nodiscard]] const SegmentName& name() const noexcept { return name_; }
  // The next record of a segment that is being written; nothing: not yet, or never if sealed()
  // was true before the question.
  [[nodiscard]] std::optional<Record> next();
  // The next record of a segment whose writer is gone: looks beyond holes and damage to its end.
  [[nodiscard]] std::optional<Record> next_recovered();

  [[nodiscard]] bool sealed() const noexcept;
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  // Up to where the writer has come, as a hint for the sync.
  [[nodiscard]] std::uint64_t written_bytes() const noexcept;
  [[nodiscard]] std::int64_t damaged_records() const noexcept { return damaged_records_; }
  [[nodiscard]] Result<void> sync() { return file_->sync(); }

 private:
  SegmentReader() = default;
  std::optional<Record> search();
  std::optional<Record> advance(const Record& record);

  std::unique_ptr<MappedFile> file_;
  std::span<std::byte> bytes_;
  SegmentName name_;
  std::uint32_t salt_ = 0;
  std::uint64_t position_ = kSegmentHeadBytes;
  std::int64_t damaged_records_ = 0;
};

}  // namespace tg::ledger
