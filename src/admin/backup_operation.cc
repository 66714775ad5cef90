// SPDX-License-Identifier: Apache-2.0
// A backup of a running server is cut where nothing moves: the ledger stands exactly at one place
// of each worker's journal, and the database's snapshot is taken there. What the journals hold up
// to that place goes with it, so that calls that were running are charged as those of a server
// that was killed at that moment. Nothing settled is lost, nothing can be charged twice.
#include <fmt/format.h>
#include <cerrno>
#include <optional>
#include <system_error>

#include "admin/backup_manifest.h"
#include "admin/operation_context.h"
#include "base/files.h"
#include "ledger/disk.h"
#include "ledger/segment.h"
#include "store/database_copy.h"
#include "store/temporary_folder.h"

namespace tg::admin {
namespace {

namespace fs = std::filesystem;

// Becomes the backup by its last rename; gone if it never comes to that.
Result<store::TemporaryFolder> make_unfinished(fs::path target) {
  constexpr auto* kFailure = "cannot create the backup's folder";
  TG_TRY(auto unfinished, store::TemporaryFolder::make(target += ".unfinished", kFailure));
  TG_TRY_DONE(unfinished.add("journal", kFailure));
  return unfinished;
}

Result<void> finish(store::TemporaryFolder& unfinished, const fs::path& target) {
  TG_TRY_DONE(sync_folder(unfinished.path() / "journal"));
  TG_TRY_DONE(sync_folder(unfinished.path()));
  if (::rename(unfinished.path().c_str(), target.c_str()) != 0) {
    return fail(Code::kIo, "cannot give the backup its name", errno);
  }
  unfinished.keep();
  return sync_folder(target.parent_path());
}

// What stands in the segment before the cut; nothing where the cut lies before it.
std::optional<std::uint64_t> bytes_before(const ledger::SegmentName& segment,
                                          const std::vector<ledger::JournalPosition>& cut) {
  for (const auto& position : cut) {
    if (position.worker != segment.worker || position.epoch != segment.epoch) continue;
    if (segment.number < position.segment) return std::numeric_limits<std::uint64_t>::max();
    if (segment.number == position.segment) return position.offset;
  }
  return std::nullopt;
}

Result<void> copy_journals(const fs::path& from, const fs::path& to,
                           const std::vector<ledger::JournalPosition>& cut,
                           std::vector<BackupFile>& files) {
  TG_TRY(const auto names, ledger::real_disk().list(from));
  for (const auto& file : names) {
    const auto segment = ledger::parse_file_name(file);
    const auto bytes = segment ? bytes_before(*segment, cut) : std::nullopt;
    if (!bytes) continue;
    TG_TRY(auto sum, store::copy_private_file(from / file, to / "journal" / file, *bytes));
    files.push_back({.name = "journal/" + file, .sum = std::move(sum)});
  }
  return {};
}

Result<BackupManifest> make(OperationContext& context, const fs::path& to) {
  BackupManifest manifest{.tollgate_version = context.options.version,
                          .schema_version = 0,
                          .created_at = wall_now(),
                          .checks = store::checks_of(context.folder),
                          .files = {}};
  auto& files = manifest.files;
  files.push_back({.name = store::kDatabaseFileName, .sum = {}});
  std::optional<store::DatabaseCopy> copy;
  const auto take = [&](const std::vector<ledger::JournalPosition>& cut) -> Result<void> {
    TG_TRY(copy, store::DatabaseCopy::begin(context.folder.path()));
    return copy_journals(context.folder.journal_folder(), to, cut, files);
  };
  // The command line has recovered a stopped folder's journals before it came here.
  TG_TRY_DONE(context.live != nullptr ? context.live->at_cut(take) : take({}));
  TG_TRY(manifest.schema_version, copy->schema_version());
  TG_TRY_DONE(copy->write_to(to / store::kDatabaseFileName));
  TG_TRY(files.front().sum, store::sum_file(to / store::kDatabaseFileName));
  return manifest;
}

ApiError backup_error(const fs::path& path, const Error& error) {
  auto told = to_api_error(error);
  if (error.system_errno != 0) {
    told.message += fmt::format(" ({})", std::generic_category().message(error.system_errno));
  }
  told.message = fmt::format("No backup was made in {}: {}.", path.string(), told.message);
  return told;
}

}  // namespace

ApiResult<Json> backup(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto text, required_text(arguments, "path"));
  const fs::path path{text};
  if (!context.database.is_in_folder()) {
    return refuse(Code::kConfiguration,
                  "The database is PostgreSQL's: back it up by pg_dump, as docs/database.md says.");
  }
  if (!path.is_absolute() || !path.has_filename()) {
    return refuse(Code::kFieldInvalid, "The backup's path must be absolute and name a new folder.",
                  "path");
  }
  if (is_there(path)) {
    return refuse(Code::kConflict,
                  fmt::format("{} is there already; nothing was written. Name a new one.", text),
                  "path");
  }
  auto unfinished = make_unfinished(path);
  if (!unfinished) return std::unexpected(backup_error(path, unfinished.error()));
  const auto manifest = make(context, unfinished->path());
  if (!manifest) return std::unexpected(backup_error(path, manifest.error()));
  TG_TRY_DONE(write_manifest(unfinished->path(), *manifest, context.folder.pepper()));
  if (const auto finished = finish(*unfinished, path); !finished) {
    return std::unexpected(backup_error(path, finished.error()));
  }
  std::uint64_t bytes = 0;
  for (const auto& file : manifest->files) bytes += file.sum.bytes;
  TG_TRY_DONE(context.audit(caller, "tollgate.backup.made", "",
                            {{"schema_version", manifest->schema_version}, {"bytes", bytes}}));
  return Json{{"object", "tollgate.backup"},
              {"path", text},
              {"created_at", to_unix_s(manifest->created_at)},
              {"schema_version", manifest->schema_version},
              {"files", manifest->files.size()},
              {"bytes", bytes}};
}

}  // namespace tg::admin
