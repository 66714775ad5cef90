// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "base/result.h"

// Files of any size, copied and summed piece by piece.
//
// Threading:  any control thread; it waits for the disk.
// Errors:     kIo.
namespace tg::store {

struct FileSum {
  std::uint64_t bytes = 0;
  std::string hash;  // BLAKE2b-256, as hex

  friend bool operator==(const FileSum&, const FileSum&) = default;
};

[[nodiscard]] Result<FileSum> sum_file(const std::filesystem::path& path);

// To a new file of mode 0600, synced; at most the first `bytes_max` bytes.
[[nodiscard]] Result<FileSum> copy_private_file(
    const std::filesystem::path& from, const std::filesystem::path& to,
    std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max());

}  // namespace tg::store
