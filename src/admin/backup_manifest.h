// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "admin/api_error.h"
#include "base/clock.h"
#include "base/secret_bytes.h"
#include "store/file_sum.h"
#include "store/instance_check.h"

// What a backup says about itself: a folder with `manifest.json`, `tollgate.db` and, of a server
// that ran, the journal's tail below `journal/`. The manifest is written last and sealed with the
// pepper, so that an unfinished, damaged or altered backup is none.
//
// Threading:  pure, but for the disk.
// Errors:     ApiError with the file at fault and what to do.
namespace tg::admin {

inline constexpr auto kManifestName = "manifest.json";

struct BackupFile {
  std::string name;  // "tollgate.db", "journal/00000001-000-00000000.journal"
  store::FileSum sum;
};

struct BackupManifest {
  std::string tollgate_version;
  int schema_version = 0;
  WallTime created_at;
  store::SecretChecks checks;
  std::vector<BackupFile> files;
};

[[nodiscard]] ApiResult<void> write_manifest(const std::filesystem::path& backup,
                                             const BackupManifest& manifest,
                                             const SecretBytes& pepper);
// Its seal is not looked at yet: whose pepper it wants is what it says.
struct ReadManifest {
  BackupManifest manifest;
  std::string sealed_text;
  std::string seal;
};
[[nodiscard]] ApiResult<ReadManifest> read_manifest(const std::filesystem::path& backup);
[[nodiscard]] ApiResult<void> check_seal(const ReadManifest& read, const SecretBytes& pepper);

}  // namespace tg::admin
