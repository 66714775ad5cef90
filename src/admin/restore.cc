// SPDX-License-Identifier: Apache-2.0
#include "admin/restore.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "admin/arguments.h"
#include "admin/backup_manifest.h"
#include "admin/later_changes.h"
#include "base/files.h"
#include "identity/restored_keys.h"
#include "ledger/transfer.h"
#include "store/database_copy.h"
#include "store/migrations.h"
#include "store/temporary_folder.h"

namespace tg::admin {
namespace {

namespace fs = std::filesystem;

std::unexpected<ApiError> cannot(const char* what, const Error& error) {
  auto told = to_api_error(error);
  const auto reason =
      error.system_errno != 0
          ? fmt::format(" ({})", std::generic_category().message(error.system_errno))
          : std::string{};
  return refuse(told.code,
                fmt::format("{}: {}{}. Nothing was changed.", what, told.message, reason));
}

// Beside the database; what a restore that was ended by force left goes first: the folder's lock is
// ours.
Result<store::TemporaryFolder> make_staging(const fs::path& folder) {
  constexpr auto* kFailure = "cannot create a folder to restore in";
  std::error_code failed;
  fs::remove_all(folder / "restoring", failed);
  TG_TRY(auto staging, store::TemporaryFolder::make(folder / "restoring", kFailure));
  TG_TRY_DONE(staging.add("journal", kFailure));
  return staging;
}

ApiResult<void> check_folder(const RestoreOptions& options) {
  for (const auto* name : {"pepper", "master.key"}) {
    if (is_there(options.folder / name)) continue;
    return refuse(
        Code::kConfiguration,
        fmt::format("{} is not there. A backup has no key files: put pepper and master.key "
                    "of this Tollgate, which you keep apart, into {} first.",
                    (options.folder / name).string(), options.folder.string()));
  }
  if (options.replace || !is_there(options.folder / store::kDatabaseFileName)) return {};
  return refuse(Code::kConflict,
                fmt::format("{} has a database; nothing was changed. --replace keeps it as "
                            "tollgate.db.before-restore-… and puts the backup in its place.",
                            options.folder.string()));
}

ApiResult<void> check_manifest(const ReadManifest& read, const store::DataFolder& folder) {
  const auto present = store::checks_of(folder);
  const auto wrong = [&](const char* file) {
    return refuse(Code::kConfiguration,
                  fmt::format("The file {} in {} is not the one that this backup was made with; "
                              "nothing was changed. Put the right one there.",
                              file, folder.path().string()));
  };
  if (read.manifest.checks.pepper != present.pepper) return wrong("pepper");
  TG_TRY_DONE(check_seal(read, folder.pepper()));
  if (read.manifest.checks.master_key != present.master_key) return wrong("master.key");
  if (read.manifest.schema_version > static_cast<int>(store::migrations().size())) {
    return refuse(Code::kConfiguration,
                  fmt::format("This backup was made by a newer Tollgate ({}); nothing was changed. "
                              "Restore it with that one.",
                              read.manifest.tollgate_version));
  }
  return {};
}

ApiResult<void> copy_files(const BackupManifest& manifest, const fs::path& from,
                           const fs::path& to) {
  for (const auto& file : manifest.files) {
    const auto copied = store::copy_private_file(from / file.name, to / file.name);
    if (!copied) {
      return cannot(fmt::format("{} cannot be copied", (from / file.name).string()).c_str(),
                    copied.error());
    }
    if (*copied != file.sum) {
      return refuse(Code::kCorrupt,
                    fmt::format("{} is damaged: it is not what the manifest says; nothing was "
                                "changed. Use another backup.",
                                (from / file.name).string()),
                    "backup");
    }
  }
  const auto examined = store::examine_file(to / store::kDatabaseFileName);
  if (!examined) return cannot("The backup's database cannot be used", examined.error());
  return {};
}

struct Prepared {
  identity::RestoredKeys keys;
  std::int64_t interrupted_calls = 0;
  std::int64_t settled_calls = 0;
};

Result<identity::RestoredKeys> bring_keys_up_to_date(store::Database& database,
                                                     const std::optional<LaterChanges>& later,
                                                     WallTime backup_at) {
  TG_TRY_DONE(identity::end_all_sessions(database));
  if (later) return identity::replay_changes(database, later->changes, backup_at);
  return identity::hold_all_keys(database);
}

// The staged database as a server may open it: migrated, its journal carried over, its keys safe.
Result<Prepared> prepare(const fs::path& staged, const store::DataFolder& folder,
                         const std::optional<LaterChanges>& later, WallTime backup_at,
                         const identity::Actor& actor) {
  TG_TRY(const auto database, store::Database::open({.data_folder = staged}));
  database->set_seal_key(folder.pepper());
  TG_TRY_DONE(store::check_instance(*database, folder));
  TG_TRY(const auto recovered, ledger::recover_journals(*database, staged / "journal"));
  Prepared prepared{.keys = {},
                    .interrupted_calls = recovered.interrupted_calls,
                    .settled_calls = recovered.settled_calls};
  TG_TRY(prepared.keys, bring_keys_up_to_date(*database, later, backup_at));
  const Json detail{{"backup_at", to_unix_s(backup_at)},
                    {"audit_replayed", later.has_value()},
                    {"keys_revoked", prepared.keys.revoked},
                    {"keys_on_hold", prepared.keys.on_hold}};
  TG_TRY_DONE(database->write([&](soci::session& session) {
    return identity::append_audit(
        session, actor, {.action = "tollgate.restored", .detail = detail.dump()}, wall_now());
  }));
  return prepared;
}

Result<void> rename_if_there(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return fail(Code::kIo, "cannot put the old database aside", errno);
}

// The old database keeps its name until the new one takes it, so that at no moment a start would
// find none and make an empty one. Its write-ahead log goes where SQLite looks for it.
Result<std::string> swap_in(const fs::path& staged, const fs::path& folder) {
  const auto database = folder / store::kDatabaseFileName;
  // SQLite carries its log into the file when the last session ends.
  if (is_there(staged / fmt::format("{}-wal", store::kDatabaseFileName))) {
    return fail(Code::kDatabase, "the restored database was not closed");
  }
  std::string aside;
  if (is_there(database)) {
    aside = fmt::format("before-restore-{}", to_unix_ms(wall_now()));
    const auto kept = fmt::format("{}.{}", database.string(), aside);
    if (::link(database.c_str(), kept.c_str()) != 0) {
      return fail(Code::kIo, "cannot put the old database aside", errno);
    }
    TG_TRY_DONE(rename_if_there(database.string() + "-wal", kept + "-wal"));
    TG_TRY_DONE(rename_if_there(database.string() + "-shm", kept + "-shm"));
    TG_TRY_DONE(sync_folder(folder));
  }
  if (::rename((staged / store::kDatabaseFileName).c_str(), database.c_str()) != 0) {
    return fail(Code::kIo, "cannot put the restored database in its place", errno);
  }
  if (aside.empty()) return aside;
  // Calls of the database that went aside: nothing of them belongs to the one that came.
  TG_TRY_DONE(rename_if_there(folder / "journal", folder / ("journal." + aside)));
  TG_TRY_DONE(sync_folder(folder));
  return aside;
}

Json to_json(const Prepared& prepared, const BackupManifest& manifest, const std::string& aside,
             const std::optional<LaterChanges>& later) {
  return Json{{"object", "tollgate.restore"},
              {"backup_created_at", to_unix_s(manifest.created_at)},
              {"audit_until", later ? Json(to_unix_s(later->until)) : Json(nullptr)},
              {"keys_revoked", prepared.keys.revoked},
              {"keys_on_hold", prepared.keys.on_hold},
              {"keys_alive", prepared.keys.alive},
              {"interrupted_calls", prepared.interrupted_calls},
              {"kept", aside.empty() ? Json(nullptr) : Json("tollgate.db." + aside)}};
}

}  // namespace

ApiResult<Json> restore(const RestoreOptions& options) {
  TG_TRY(const auto read, read_manifest(options.backup));
  TG_TRY_DONE(check_folder(options));
  const auto folder = store::DataFolder::open(options.folder, store::DataFolder::Mode::kCreate);
  if (!folder && folder.error().code == Code::kConflict) {
    return refuse(Code::kConflict,
                  fmt::format("A server runs on {}; nothing was changed. Stop it first.",
                              options.folder.string()));
  }
  if (!folder) return cannot("The data folder cannot be used", folder.error());
  TG_TRY_DONE(check_manifest(read, *folder));
  const auto backup_at = read.manifest.created_at;
  std::optional<LaterChanges> later;
  if (options.audit_file) {
    TG_TRY(later, read_later_changes(*options.audit_file, folder->pepper(), backup_at));
  }

  const auto staging = make_staging(folder->path());
  if (!staging) return cannot("No room to restore in", staging.error());
  TG_TRY_DONE(copy_files(read.manifest, options.backup, staging->path()));
  const auto prepared = prepare(staging->path(), *folder, later, backup_at, options.actor);
  if (!prepared) return cannot("The backup's database cannot be used", prepared.error());
  const auto aside = swap_in(staging->path(), folder->path());
  if (!aside) return cannot("The restored database could not be put in place", aside.error());
  return to_json(*prepared, read.manifest, *aside, later);
}

}  // namespace tg::admin
