// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ledger/disk.h"

// A disk in memory that loses what a real one may lose. Each file has what every process sees
// (live), what the kernel takes for written, and what is written (durable); these differ by page
// where something was not synced, and the last two where a sync failed. For tests and tollgate-sim
// only.
//
// Threading:  one thread. The disk outlives what it opened.
// Limits:     a file takes three times its size.
namespace tg::ledger {

class SimulatedDisk final : public Disk {
 public:
  SimulatedDisk() = default;

  Result<void> make_folder(const std::filesystem::path& folder) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;
  Result<std::unique_ptr<MappedFile>> create(const std::filesystem::path& path,
                                             std::uint64_t bytes) override;
  Result<std::unique_ptr<MappedFile>> open(const std::filesystem::path& path) override;
  Result<std::unique_ptr<MappedFile>> reopen(const std::filesystem::path& path,
                                             std::uint64_t bytes) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  bool exists(const std::filesystem::path& path) override;
  Result<void> sync_folder(const std::filesystem::path& folder) override;
  // The same numbers for every disk, so that a history can be repeated.
  Result<std::uint32_t> salt() override;

  // kill -9: what is live stays. All that is open is cut off: what its holder still writes (a
  // journal that is destroyed seals its segment) reaches no file, and the disk refuses everything
  // until restart().
  void crash();
  // The same; and each 4 KiB page that was not synced is independently old, new, or torn at some
  // eight bytes, old before new or new before old. Of the creations, renames and removals that were
  // not synced, each independently happened or did not.
  void lose_power(std::mt19937_64& random);
  void restart();

  // The kernel writes some unsynced pages by itself, as it may at any instant.
  void write_back(std::mt19937_64& random);

  void set_full(bool full) noexcept { full_ = full; }
  // No name and no length can be changed; files that are mapped are still written to.
  void set_read_only(bool read_only) noexcept { read_only_ = read_only; }
  // The next `count` syncs of a file or folder fail with EIO; the file's pages that were to be
  // written count as written from then on, as on Linux.
  void fail_syncs(int count) noexcept { failing_syncs_ = count; }
  [[nodiscard]] int syncs() const noexcept { return syncs_; }
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

 private:
  class File;
  struct Inode;
  using Folder = std::map<std::string, std::shared_ptr<Inode>>;  // by path
  // A change of names that a sync of its folder makes durable. Empty `from`: created as `to`.
  // Empty `to`: removed.
  struct Change {
    std::string from;
    std::string to;
    std::shared_ptr<Inode> inode;
  };

  [[nodiscard]] Result<void> usable(bool changes_names) const;
  [[nodiscard]] Result<void> try_sync();
  static void apply(const Change& change, Folder& names);
  void note(Change change);
  void cut_off();
  [[nodiscard]] std::vector<std::shared_ptr<Inode>> inodes() const;

  Folder live_;
  Folder durable_;
  std::vector<Change> unsynced_;  // from durable_ to live_
  std::mt19937 salts_{1};
  std::uint64_t generation_ = 0;
  bool stopped_ = false;
  bool full_ = false;
  bool read_only_ = false;
  int failing_syncs_ = 0;
  int syncs_ = 0;
};

}  // namespace tg::ledger
