// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

void show_checks(const Json& verified) {
  for (const auto& check : verified["checks"]) {
    fmt::print("{:<5} {:<12} {}\n", check["ok"].get<bool>() ? "ok" : "WRONG",
               text_of(check, "name"), text_of(check, "message"));
  }
}

ExitCode run_verify(const Invocation& invocation) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto verified = run_on_folder(loaded->settings, "verify", Json::object());
  const auto ended = report(invocation, verified, show_checks);
  return verified && !verified->value("ok", false) ? ExitCode::kFailed : ended;
}

}  // namespace

void add_verify(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "verify",
      "Check all that a folder holds: database, schema, audit log, ledger, keys, credentials",
      "On a running server too. Exits with 1 when something is wrong, and says what.\n\n"
      "Example:\n  tollgate verify --data ./data\n");
  command.callback(
      [&invocation] { invocation.chosen = [&invocation] { return run_verify(invocation); }; });
}

}  // namespace tg::cli
