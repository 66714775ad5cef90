// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.h"

namespace tg::cli {
namespace {

constexpr std::array<const char*, 4> kOrigins{"default", "file", "environment", "flag"};

ExitCode show_config(const Invocation& invocation) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  auto settings = admin::Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : loaded->values) {
    const auto* origin = kOrigins.at(static_cast<std::size_t>(value.origin));
    settings.push_back(admin::Json{
        {"name", value.name}, {"value", value.text}, {"origin", origin}, {"source", value.source}});
    rows.push_back({std::string{value.name}, value.text, value.source});
  }
  return report(invocation, admin::Json{{"settings", std::move(settings)}},
                [&](const admin::Json&) { print_table({"SETTING", "VALUE", "FROM"}, rows); });
}

}  // namespace

void add_config(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "config", "Print every setting that holds, and where it came from",
      "Each setting is a line of tollgate.toml, an environment variable TOLLGATE_… and a flag;\n"
      "the last of these that names it holds.\n\nExample:\n  TOLLGATE_WORKERS=2 tollgate config\n");
  add_all_setting_flags(command, invocation);
  command.callback(
      [&invocation] { invocation.chosen = [&invocation] { return show_config(invocation); }; });
}

}  // namespace tg::cli
