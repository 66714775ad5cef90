// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "base/secret_bytes.h"

// Where bodies wait that are too large for memory: files without a name in the data folder, sealed
// piece by piece (XChaCha20-Poly1305) with a key that is made at start and lives in memory only. So
// nothing of them can be read by anybody else, nor by ourselves after a restart, and whatever ends
// the process ends the files.
//
// A write goes to the kernel's page cache and is never synced; a file that is gone before the
// kernel writes it back costs the disk nothing. (A kernel that has more to write back than its disk
// takes makes every writer wait, also one of these. The journal, which has the same neighbour, has
// its space allocated.)
//
// Threading:  an area is shared by all workers; a file is one worker's.
// Lifetime:   the area outlives its files.
// Limits:     `bytes_max` over all files, and 256 MiB of the disk are left free for journal and
//             database.
// Errors:     kOverloaded: no room, here or on the disk. kIo. kCorrupt: somebody wrote into it.
namespace tg::gateway {

class SpillFile;

class SpillArea {
 public:
  // Creates the folder, mode 0700, and empties it.
  [[nodiscard]] static Result<std::unique_ptr<SpillArea>> open(const std::filesystem::path& folder,
                                                               std::uint64_t bytes_max);
  SpillArea(const SpillArea&) = delete;
  SpillArea& operator=(const SpillArea&) = delete;

  [[nodiscard]] Result<std::unique_ptr<SpillFile>> create();

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(); }

 private:
  friend class SpillFile;
  SpillArea(std::filesystem::path folder, std::uint64_t bytes_max);

  [[nodiscard]] bool take(std::uint64_t bytes) noexcept;
  void give_back(std::uint64_t bytes) noexcept { bytes_ -= bytes; }

  const std::filesystem::path folder_;
  const std::uint64_t bytes_max_;
  const SecretBytes key_;
  std::atomic<std::uint64_t> next_number_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

class SpillFile {
 public:
  static constexpr std::size_t kPieceBytes = 64 << 10;

  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Each piece is a whole one.
  [[nodiscard]] Result<void> append(std::span<const char, kPieceBytes> piece);
  [[nodiscard]] Result<void> read(std::uint64_t number, std::span<char, kPieceBytes> out) const;

  [[nodiscard]] std::uint64_t size() const noexcept { return pieces_ * kPieceBytes; }

 private:
  friend class SpillArea;
  SpillFile(SpillArea& area, FileDescriptor file, std::uint64_t number);

  SpillArea& area_;
  FileDescriptor file_;
  const std::uint64_t number_;  // never twice with one key, so that no nonce is
  std::uint64_t pieces_ = 0;
};

}  // namespace tg::gateway
