// SPDX-License-Identifier: Apache-2.0
#include "store/data_folder.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "store/sqlite/sqlite_engine.h"

namespace tg::store {
namespace {

namespace fs = std::filesystem;

// Ours, and nobody else's to read.
Result<void> make_private(const fs::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) {
    return fail(Code::kIo, "cannot look at the data folder", errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(Code::kConfiguration, "the data folder's path names a file");
  }
  if (status.st_uid != ::geteuid()) {
    return fail(Code::kConfiguration,
                "the data folder belongs to another user of this machine; run as that user");
  }
  if ((status.st_mode & 07777) == 0700) return {};
  if (::chmod(folder.c_str(), 0700) == 0) return {};
  return fail(Code::kIo, "cannot make the data folder readable by its owner only", errno);
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code failed;
  const auto parent = fs::absolute(folder, failed).parent_path();
  fs::create_directories(parent, failed);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::kIo, "cannot create the data folder", errno);
  }
  return make_private(folder);
}

Result<FileDescriptor> lock_folder(const fs::path& folder) {
  const auto path = folder / "lock";
  FileDescriptor lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock.valid()) return fail(Code::kIo, "cannot open the data folder's lock file", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return fail(Code::kConflict, "another Tollgate has this data folder open");
  }
  return fail(Code::kIo, "cannot lock the data folder", errno);
}

Result<void> check_key_files(bool has_master_key, bool has_pepper) {
  if (has_master_key && has_pepper) return {};
  if (has_pepper) {
    return fail(Code::kConfiguration,
                "master.key is missing from the data folder: the providers' credentials in "
                "the database cannot be opened without it. Restore it from backup");
  }
  if (has_master_key) {
    return fail(Code::kConfiguration,
                "pepper is missing from the data folder: no key in the database can be recognized "
                "without it. Restore it from backup");
  }
  return fail(Code::kConfiguration,
              "master.key and pepper are missing from the data folder, and the database is of no "
              "use without them. Restore both from backup");
}

Result<void> create_key_file(const fs::path& path) {
  if (is_there(path)) return {};
  return create_private_file(path, SecretBytes::random(kKeyFileBytes).reveal());
}

Result<SecretBytes> read_key_file(const fs::path& path) {
  if (::chmod(path.c_str(), 0600) != 0) {
    return fail(Code::kIo, "cannot make a key file readable by its owner only", errno);
  }
  TG_TRY(auto key, read_secret_file(path));
  if (key.size() == kKeyFileBytes) return key;
  return fail(Code::kConfiguration,
              "master.key or pepper has not its 32 bytes; restore it from backup");
}

}  // namespace

Result<DataFolder> DataFolder::open(const fs::path& path, Mode mode, DatabaseIs where) {
  const bool elsewhere = where == DatabaseIs::kElsewhere;
  const auto database = path / kDatabaseFileName;
  const auto master_key = path / "master.key";
  const auto pepper = path / "pepper";
  const bool has_a_key = is_there(master_key) || is_there(pepper);
  if (mode == Mode::kExisting && !(elsewhere ? has_a_key : is_there(database))) {
    return fail(Code::kNotFound, "there is no Tollgate in the data folder; run tollgate init");
  }
  TG_TRY_DONE(make_folder(path));

  DataFolder folder;
  folder.path_ = path;
  TG_TRY(folder.lock_, lock_folder(path));

  // The database is made after both, so a folder without one has nothing to lose. One elsewhere
  // knows the fingerprint of both, and is refused with two new ones.
  if (elsewhere ? has_a_key : is_there(database)) {
    TG_TRY_DONE(check_key_files(is_there(master_key), is_there(pepper)));
  } else {
    TG_TRY_DONE(create_key_file(master_key));
    TG_TRY_DONE(create_key_file(pepper));
  }
  TG_TRY(folder.master_key_, read_key_file(master_key));
  TG_TRY(folder.pepper_, read_key_file(pepper));
  TG_TRY_DONE(make_folder(folder.journal_folder()));
  return folder;
}

std::string DataFolder::key_fingerprint() const {
  constexpr std::string_view kPurpose{"tollgate database"};
  std::array<unsigned char, 16> hash{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, pepper_.data(), pepper_.size(), hash.size());
  crypto_generichash_update(&state, master_key_.data(), master_key_.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kPurpose.data()),
                            kPurpose.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  sodium_memzero(&state, sizeof state);
  std::array<char, 2 * hash.size() + 1> hex{};
  return sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
}

}  // namespace tg::store
