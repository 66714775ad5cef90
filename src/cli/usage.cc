// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

std::vector<std::string> cells(const Json& counts, std::vector<std::string> first) {
  for (const auto* field : {"calls", "interrupted", "input_tokens", "cached_tokens",
                            "output_tokens", "images", "seconds", "characters"}) {
    first.push_back(text_of(counts, field));
  }
  first.push_back(usd_of(counts, "charge_nanousd"));
  first.push_back(usd_of(counts, "would_have_cost_nanousd"));
  return first;
}

void show_usage(const Json& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : report["rows"]) {
    rows.push_back(
        cells(row, {text_of(row, "day"), text_of(row, "key_name"), text_of(row, "model")}));
  }
  rows.push_back(cells(report["totals"], {"total", "", ""}));
  print_table({"DAY", "KEY", "MODEL", "CALLS", "INTERRUPTED", "IN", "CACHED", "OUT", "IMAGES",
               "SECONDS", "CHARACTERS", "CHARGE", "TEST KEYS' WOULD-BE"},
              rows);
}

}  // namespace

void add_usage(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "usage", "Calls, tokens and charges by key, model and day",
      "Examples:\n  tollgate usage\n  tollgate usage --from 2026-11-01 --to 2026-11-30 --json\n");
  const auto days = std::make_shared<std::pair<std::string, std::string>>();
  command.add_option("--from", days->first, "first day, as 2026-11-01 (UTC)");
  command.add_option("--to", days->second, "last day");
  command.callback([&invocation, days] {
    invocation.chosen = [&invocation, days] {
      return run_command(invocation, "usage", {{"from", days->first}, {"to", days->second}},
                         show_usage);
    };
  });
}

}  // namespace tg::cli
