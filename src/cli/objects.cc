// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

struct Choice {
  std::string project, provider, kind, after;
  std::vector<std::string> ids;
  int limit = 100;
};

void show_objects(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& object : list["data"]) {
    rows.push_back({text_of(object, "id"), text_of(object, "kind"), text_of(object, "provider"),
                    time_of(object, "created_at")});
  }
  print_table({"ID", "KIND", "PROVIDER", "SINCE"}, rows);
  if (list["has_more"] == true) {
    fmt::print("There are more: --after {}\n", text_of(list["data"].back(), "id"));
  }
}

void show_forgotten(const Json& forgotten) {
  fmt::print("The project has {} objects less; upstream nothing has changed.\n",
             forgotten["ids"].size());
}

Json arguments_of(const Choice& choice) {
  Json arguments{{"project_id", choice.project}};
  if (!choice.provider.empty()) arguments["provider"] = choice.provider;
  if (!choice.kind.empty()) arguments["kind"] = choice.kind;
  if (!choice.ids.empty()) arguments["ids"] = choice.ids;
  return arguments;
}

}  // namespace

void add_objects(CLI::App& root, Invocation& invocation) {
  auto& objects = *root.add_subcommand("objects", "Say which project owns what lies at a provider");
  objects.require_subcommand(1);
  const auto choice = std::make_shared<Choice>();
  auto& adopt = add_command(
      objects, invocation, "adopt", "Give a project what was made without this Tollgate",
      "Example:\n  tollgate objects adopt --project proj_1 --provider openai file-1 vs_2\n"
      "  tollgate objects adopt --project proj_1 --provider local --kind file 7d1f\n");
  auto& list = add_command(objects, invocation, "list", "List what a project has",
                           "Example:\n  tollgate objects list --project proj_1 --kind file\n");
  auto& forget =
      add_command(objects, invocation, "forget", "Take it from the project; upstream it stays",
                  "Example:\n  tollgate objects forget --project proj_1 file-1\n");
  for (auto* command : {&adopt, &list, &forget}) {
    command->add_option("--project", choice->project, "a project's id")->required();
  }
  for (auto* command : {&adopt, &forget}) {
    command->add_option("id", choice->ids, "the provider's ids, 100 at most")->required();
  }
  for (auto* command : {&adopt, &list}) {
    command->add_option("--kind", choice->kind,
                        "file, batch, response … where the id does not tell it");
  }
  adopt.add_option("--provider", choice->provider, "who has it")->required();
  list.add_option("--after", choice->after, "behind this id");
  list.add_option("--limit", choice->limit, "how many, 1,000 at most");
  adopt.callback([&invocation, choice] {
    invocation.chosen = [&invocation, choice] {
      return run_command(invocation, "adopt_objects", arguments_of(*choice), show_objects);
    };
  });
  list.callback([&invocation, choice] {
    invocation.chosen = [&invocation, choice] {
      auto arguments = arguments_of(*choice);
      arguments["limit"] = choice->limit;
      if (!choice->after.empty()) arguments["after"] = choice->after;
      return run_command(invocation, "list_objects", arguments, show_objects);
    };
  });
  forget.callback([&invocation, choice] {
    invocation.chosen = [&invocation, choice] {
      return run_command(invocation, "forget_objects", arguments_of(*choice), show_forgotten);
    };
  });
}

}  // namespace tg::cli
