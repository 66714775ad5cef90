// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

ExitCode run_doctor(const Invocation& invocation) {
  auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  loaded->settings.url.clear();  // it looks at this machine
  const auto& settings = loaded->settings;
  const auto listen = fmt::format("{}:{}", settings.listen_host, settings.listen_port);
  auto examined = run_on_folder(settings, "doctor", {{"listen", listen}});
  if (!examined) {
    // It cannot be opened: then that is what the doctor is for.
    examined = admin::examine({.data = settings.data,
                               .listen_host = settings.listen_host,
                               .listen_port = settings.listen_port});
  }
  const auto ended = report(invocation, examined, [](const Json& findings) {
    for (const auto& check : findings["checks"]) {
      fmt::print("{:<5} {:<12} {}\n", check["ok"].get<bool>() ? "ok" : "WRONG",
                 text_of(check, "name"), text_of(check, "message"));
    }
  });
  return examined->value("ok", false) ? ended : ExitCode::kFailed;
}

}  // namespace

void add_doctor(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "doctor",
      "Look at the data folder, the keys' files, the database, the port, the providers, the mail "
      "server and the clock",
      "Exits with 1 when something is wrong.\n\nExample:\n  tollgate doctor --data ./data\n");
  add_setting_flag(command, invocation, "listen");
  command.callback(
      [&invocation] { invocation.chosen = [&invocation] { return run_doctor(invocation); }; });
}

}  // namespace tg::cli
