// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"

// A folder of mode 0700 in which something is made ready, gone with the object unless it was kept.
//
// Threading:  one thread an object.
// Errors:     kIo with `failure` as its text: the folder cannot be made, or is there already.
namespace tg::store {

class TemporaryFolder {
 public:
  [[nodiscard]] static Result<TemporaryFolder> make(const std::filesystem::path& path,
                                                    const char* failure);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  // A folder of mode 0700 inside.
  [[nodiscard]] Result<void> add(const char* name, const char* failure) const;
  // It has got another name, and stays.
  void keep() noexcept { path_.clear(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_{std::move(path)} {}

  std::filesystem::path path_;
};

}  // namespace tg::store
