// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "base/secret_bytes.h"

// The folder that holds everything one Tollgate keeps: tollgate.db (unless that is PostgreSQL's),
// journal/, master.key, pepper, control.sock, lock. Mode 0700; who has it open is its only server.
//
// Threading:  open() on one thread; then read-only.
// Lifetime:   the lock is held as long as the object lives, and ends with the process.
// Errors:     kConflict: another process has the folder open (use its control socket).
//             kNotFound: nothing there, and mode is kExisting.
//             kConfiguration: the key files do not fit the database; the text says what to restore.
// Secrets:    the two key files are created together with a new folder and never again: with new
//             ones an old database would be unreadable, and every key in it worthless.
namespace tg::store {

class DataFolder {
 public:
  enum class Mode : std::uint8_t { kCreate, kExisting };
  enum class DatabaseIs : std::uint8_t { kInFolder, kElsewhere };

  [[nodiscard]] static Result<DataFolder> open(const std::filesystem::path& path, Mode mode,
                                               DatabaseIs database = DatabaseIs::kInFolder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Seals provider credentials; see sealed.h.
  [[nodiscard]] const SecretBytes& master_key() const { return master_key_; }
  // Keys the digests of secret keys and the CSRF tokens.
  [[nodiscard]] const SecretBytes& pepper() const { return pepper_; }
  // Tells these two from any others, and nothing about them: a database elsewhere keeps it, so that
  // it is not used with keys by which nothing in it can be opened.
  [[nodiscard]] std::string key_fingerprint() const;
  [[nodiscard]] std::filesystem::path journal_folder() const { return path_ / "journal"; }
  [[nodiscard]] std::filesystem::path control_socket_path() const { return path_ / "control.sock"; }

 private:
  DataFolder() = default;

  std::filesystem::path path_;
  FileDescriptor lock_;
  SecretBytes master_key_;
  SecretBytes pepper_;
};

inline constexpr std::size_t kKeyFileBytes = 32;

}  // namespace tg::store
