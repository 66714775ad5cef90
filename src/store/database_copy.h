// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/engine.h"

// Copies of a SQLite database while others use it, and what can be told from one. The file itself
// is never read: part of the database stands in its write-ahead log.
//
// Threading:  any control thread, one thread an object.
// Errors:     kConfiguration as in migrations.h; kDatabase, kIo.
namespace tg::store {

class DatabaseCopy {
 public:
  // The copy will be of the database as it stands at this moment, whatever is written later.
  [[nodiscard]] static Result<DatabaseCopy> begin(const std::filesystem::path& data_folder);
  DatabaseCopy(DatabaseCopy&&) noexcept;
  DatabaseCopy& operator=(DatabaseCopy&&) noexcept;
  ~DatabaseCopy();

  // A new file of mode 0600.
  [[nodiscard]] Result<void> write_to(const std::filesystem::path& file);
  [[nodiscard]] Result<int> schema_version();

 private:
  explicit DatabaseCopy(std::unique_ptr<soci::session> session);
  std::unique_ptr<soci::session> session_;
};

// kCorrupt, or as migrations.h says. Returns the step at which the file stands.
[[nodiscard]] Result<int> examine_file(const std::filesystem::path& file);

// What an upgrade would do, found out on a copy that is gone afterwards.
struct UpgradeRehearsal {
  int version = 0;  // that it stands at
  int newest = 0;
  std::vector<std::string> steps;  // that would be applied
  std::chrono::milliseconds copying{};
  std::chrono::milliseconds applying{};
};
[[nodiscard]] Result<UpgradeRehearsal> rehearse_upgrade(const std::filesystem::path& data_folder);

}  // namespace tg::store
