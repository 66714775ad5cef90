// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

struct SetOptions {
  std::string key_id;
  std::string project_id;
  std::string organization_id;
  std::string usd;
  std::string per = "total";
};

void show_limit(const Json& limit) {
  fmt::print("{} {}: limit {}, spent {}, held by running calls {}, left {}.\n",
             text_of(limit, "scope"), text_of(limit, "id"), usd_of(limit, "limit_nanousd"),
             usd_of(limit, "spent_nanousd"), usd_of(limit, "held_nanousd"),
             usd_of(limit, "left_nanousd"));
}

ExitCode set(const Invocation& invocation, const SetOptions& options) {
  Json arguments{
      {"scope", "key"}, {"id", options.key_id}, {"usd", options.usd}, {"per", options.per}};
  if (!options.project_id.empty()) {
    arguments["scope"] = "project";
    arguments["id"] = options.project_id;
  } else if (!options.organization_id.empty()) {
    arguments["scope"] = "organization";
    arguments["id"] = options.organization_id;
  }
  if (options.usd == "none") arguments["usd"] = nullptr;
  return run_command(invocation, "set_limit", arguments, show_limit);
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& limit : list["data"]) {
    rows.push_back({text_of(limit, "scope"), text_of(limit, "id"), text_of(limit, "name"),
                    text_of(limit, "per"), usd_of(limit, "limit_nanousd"),
                    usd_of(limit, "spent_nanousd"), usd_of(limit, "held_nanousd"),
                    usd_of(limit, "left_nanousd")});
  }
  print_table({"SCOPE", "ID", "NAME", "PER", "LIMIT", "SPENT", "HELD", "LEFT"}, rows);
}

}  // namespace

void add_limits(CLI::App& root, Invocation& invocation) {
  auto& limits = *root.add_subcommand("limits", "Limit what keys, projects, organizations spend");
  limits.require_subcommand(1);
  auto& command =
      add_command(limits, invocation, "set", "Set or remove a spend limit",
                  "Examples:\n  tollgate limits set --key key_4f… --usd 5.00 --per total\n"
                  "  tollgate limits set --project proj_8a… --usd none\n");
  const auto options = std::make_shared<SetOptions>();
  auto& scope = *command.add_option_group("scope", "one of these");
  scope.add_option("--key", options->key_id, "a key's id");
  scope.add_option("--project", options->project_id, "a project's id");
  scope.add_option("--organization", options->organization_id, "an organization's id");
  scope.require_option(1);
  command.add_option("--usd", options->usd, "dollars, as 12.50; none removes the limit")
      ->required();
  command.add_option("--per", options->per, "the period: total");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return set(invocation, *options); };
  });

  auto& list = add_command(limits, invocation, "list", "List the limits and what is left",
                           "Example:\n  tollgate limits list\n");
  list.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(invocation, "list_limits", Json::object(), show_list);
    };
  });
}

}  // namespace tg::cli
