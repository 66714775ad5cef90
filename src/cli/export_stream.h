// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

// What an export writes to standard output, as it is or packed with zstd.
//
// Threading:  the command's.
// Limits:     a packed stream takes a few hundred kilobytes, however long it is.
// Errors:     kIo: standard output takes no more.
namespace tg::cli {

class ExportStream {
 public:
  explicit ExportStream(bool packed);
  ~ExportStream();
  ExportStream(const ExportStream&) = delete;
  ExportStream& operator=(const ExportStream&) = delete;

  [[nodiscard]] Result<void> write(std::string_view text);
  // Without it a packed stream has no end, and unpacking it says so.
  [[nodiscard]] Result<void> finish();

 private:
  class Packer;
  std::unique_ptr<Packer> packer_;  // null: as it is
};

}  // namespace tg::cli
