// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

// All that the journal does with files. A record is a copy into a mapped file's bytes, so nothing
// here is on its path; a disk is asked only where a segment begins or ends, and for a sync.
//
// Threading:  real_disk() by any thread; a mapped file's sync() by any, also while others write.
// Errors:     kJournalFull (no space), kNotFound (no such file), kIo with its errno.
namespace tg::ledger {

class MappedFile {
 public:
  virtual ~MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Shared with every other mapping of the file. One that was opened must not be written to.
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
  // What stood in the file before, through whichever mapping, is on the disk afterwards. When this
  // has failed, no later success says anything: Linux takes for written what it could not write.
  [[nodiscard]] virtual Result<void> sync() = 0;
  // A hint: these bytes, whole pages, will not be touched through this mapping again. A sync need
  // not look after each page of it on the worker's core.
  virtual void let_go(std::size_t /*begin*/, std::size_t /*end*/) noexcept {}

 protected:
  MappedFile() = default;
  void set_bytes(std::span<std::byte> bytes) noexcept { bytes_ = bytes; }

 private:
  std::span<std::byte> bytes_;
};

class Disk {
 public:
  virtual ~Disk() = default;

  // With all above it, durably; one that is there is fine.
  [[nodiscard]] virtual Result<void> make_folder(const std::filesystem::path& folder) = 0;
  // Names without their folder, in no order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(
      const std::filesystem::path& folder) = 0;
  // A new file of zeros whose every block exists, so that writing to it later cannot fail for want
  // of space. Replaces one of the same name; leaves none where it fails. The last four times its
  // size are not taken: they are what the database needs to free the journal again.
  [[nodiscard]] virtual Result<std::unique_ptr<MappedFile>> create(
      const std::filesystem::path& path, std::uint64_t bytes) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<MappedFile>> open(
      const std::filesystem::path& path) = 0;
  // One that create() made with so many bytes, to be written to again as it is. kNotFound: it has
  // another size.
  [[nodiscard]] virtual Result<std::unique_ptr<MappedFile>> reopen(
      const std::filesystem::path& path, std::uint64_t bytes) = 0;
  [[nodiscard]] virtual Result<void> rename(const std::filesystem::path& from,
                                            const std::filesystem::path& to) = 0;
  // One that is not there is fine.
  [[nodiscard]] virtual Result<void> remove(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
  // The names in it last as well as what is in the files.
  [[nodiscard]] virtual Result<void> sync_folder(const std::filesystem::path& folder) = 0;
  // A number that no client can guess.
  [[nodiscard]] virtual Result<std::uint32_t> salt() = 0;
};

[[nodiscard]] Disk& real_disk() noexcept;

}  // namespace tg::ledger
