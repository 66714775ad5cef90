// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/folder_access.h"
#include "store/database_copy.h"

namespace tg::cli {
namespace {

using admin::Json;

void show_rehearsal(const Json& rehearsal) {
  if (rehearsal["steps"].empty()) {
    fmt::print("The database stands at step {}, the newest: there is nothing to upgrade.\n",
               text_of(rehearsal, "schema_version"));
    return;
  }
  fmt::print("The next start takes the database from step {} to {}:\n",
             text_of(rehearsal, "schema_version"), text_of(rehearsal, "newest"));
  for (const auto& step : rehearsal["steps"]) fmt::print("  {}\n", step.get<std::string>());
  fmt::print(
      "On a copy, which is gone again, all of it worked: {} ms to copy, {} ms to upgrade and "
      "check. "
      "The start keeps the present database as tollgate.db.before-{}.\n",
      text_of(rehearsal, "copy_ms"), text_of(rehearsal, "upgrade_ms"),
      text_of(rehearsal, "newest"));
}

admin::ApiResult<Json> rehearse(const config::Settings& settings) {
  set_log_level(LogLevel::kWarning);
  const auto rehearsal = store::rehearse_upgrade(settings.data);
  if (!rehearsal) return std::unexpected(folder_error(settings.data, rehearsal.error()));
  return Json{{"object", "tollgate.upgrade_check"},    {"schema_version", rehearsal->version},
              {"newest", rehearsal->newest},           {"steps", rehearsal->steps},
              {"copy_ms", rehearsal->copying.count()}, {"upgrade_ms", rehearsal->applying.count()}};
}

ExitCode run_upgrade(const Invocation& invocation, bool check) {
  if (!check) {
    return report_usage(invocation,
                        "The server upgrades its database when it starts. What it would do is "
                        "tried by 'tollgate upgrade --check'.");
  }
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  return report(invocation, rehearse(loaded->settings), show_rehearsal);
}

}  // namespace

void add_upgrade(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "upgrade",
      "Try on a copy what the next start of this version does to the database",
      "Also while an older server runs on the folder. Exits with 1 when it would not work.\n\n"
      "Example:\n  tollgate upgrade --check --data ./data\n");
  const auto check = std::make_shared<bool>(false);
  command.add_flag("--check", *check, "only try it");
  command.callback([&invocation, check] {
    invocation.chosen = [&invocation, check] { return run_upgrade(invocation, *check); };
  });
}

}  // namespace tg::cli
