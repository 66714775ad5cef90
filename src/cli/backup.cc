// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

constexpr auto kExamples =
    "FOLDER is new: database, journal and a manifest with check sums. It holds no key files:\n"
    "keep master.key and pepper apart, once; without them a backup is of no use.\n\n"
    "Examples:\n  tollgate backup /backups/tollgate-$(date +%F)\n"
    "  tollgate backup ./today --data /var/lib/tollgate\n";

void show_backup(const Json& backup) {
  fmt::print("Backed up to {}: {} files, {} bytes, schema step {}.\n", text_of(backup, "path"),
             text_of(backup, "files"), text_of(backup, "bytes"), text_of(backup, "schema_version"));
  fmt::print(
      "master.key and pepper are NOT in it. Keep a copy of both apart from your backups, once: "
      "they never change, and without them nothing can be restored.\n");
}

ExitCode run_backup(const Invocation& invocation, const std::string& target) {
  std::error_code failed;
  auto path = std::filesystem::absolute(target, failed).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "backups/today/"
  return run_command(invocation, "backup", {{"path", path.string()}}, show_backup);
}

}  // namespace

void add_backup(CLI::App& root, Invocation& invocation) {
  auto& command =
      add_command(root, invocation, "backup",
                  "Copy a stopped folder, or a running server's, to a new folder", kExamples);
  const auto target = std::make_shared<std::string>();
  command.add_option("folder", *target, "the new folder")->required();
  command.callback([&invocation, target] {
    invocation.chosen = [&invocation, target] { return run_backup(invocation, *target); };
  });
}

}  // namespace tg::cli
