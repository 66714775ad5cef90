// SPDX-License-Identifier: Apache-2.0
#include "admin/restore.h"

#include <fmt/format.h>

#include <memory>

#include "admin/operations.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

struct RestoreCommand {
  std::string backup;
  std::string audit_file;
  bool replace = false;
  bool confirm_keys = false;
};

constexpr auto kExamples =
    "The data folder must have the pepper and master.key of the backup, and no running server.\n"
    "A restore never revives a key: with --audit, an export of the audit log since the backup,\n"
    "what was revoked is revoked again; without it, every key is put on hold until you say\n"
    "'tollgate restore --confirm-keys', or 'tollgate keys resume' for one.\n\n"
    "Examples:\n  tollgate audit export > audit.jsonl   # before, where that still works\n"
    "  tollgate restore /backups/tollgate-2026-11-26 --replace --audit audit.jsonl\n"
    "  tollgate restore --confirm-keys\n";

void show_restored(const Json& restored) {
  fmt::print("Restored the backup of {}.\n", time_of(restored, "backup_created_at"));
  if (!restored["kept"].is_null()) {
    fmt::print("The database that was there is kept as {}.\n", text_of(restored, "kept"));
  }
  if (restored["audit_until"].is_null()) {
    fmt::print(
        "{} keys are ON HOLD: nothing tells which of them were revoked since. Look at 'tollgate "
        "keys list', revoke what must not come back, then run 'tollgate restore --confirm-keys'.\n",
        text_of(restored, "keys_on_hold"));
  } else {
    fmt::print("{} keys were revoked again, by the audit log up to {}. {} are alive.\n",
               text_of(restored, "keys_revoked"), time_of(restored, "audit_until"),
               text_of(restored, "keys_alive"));
    if (restored.value("keys_on_hold", 0) > 0) {
      fmt::print("{} keys are ON HOLD, since they were changed after the backup.\n",
                 text_of(restored, "keys_on_hold"));
    }
  }
  fmt::print("Everyone signs in again. What was made or charged after the backup is not there.\n");
}

ExitCode run_restore(const Invocation& invocation, const RestoreCommand& command) {
  if (command.confirm_keys) {
    return run_command(invocation, "confirm_restored_keys", Json::object(), [](const Json& done) {
      fmt::print("{} keys open again.\n", text_of(done, "keys"));
    });
  }
  if (command.backup.empty()) {
    return report_usage(invocation, "Name the backup's folder: tollgate restore FOLDER.");
  }
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  set_log_level(LogLevel::kWarning);
  admin::RestoreOptions options{.backup = command.backup,
                                .folder = loaded->settings.data,
                                .replace = command.replace,
                                .actor = admin::command_line_caller().actor};
  if (!command.audit_file.empty()) options.audit_file = command.audit_file;
  return report(invocation, admin::restore(options), show_restored);
}

}  // namespace

void add_restore(CLI::App& root, Invocation& invocation) {
  auto& command =
      add_command(root, invocation, "restore",
                  "Put a backup in the place of a stopped folder's database", kExamples);
  const auto options = std::make_shared<RestoreCommand>();
  command.add_option("folder", options->backup, "the backup");
  command.add_flag("--replace", options->replace,
                   "the folder has a database: keep it aside and put the backup in its place");
  command.add_option("--audit", options->audit_file,
                     "what 'tollgate audit export' printed after the backup: revocations hold");
  command.add_flag("--confirm-keys", options->confirm_keys,
                   "nothing is restored: the keys that a restore put on hold open again");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return run_restore(invocation, *options); };
  });
}

}  // namespace tg::cli
