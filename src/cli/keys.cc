// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/key_options.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct CreateOptions {
  std::string name;
  std::string kind;
  std::string project_id;
  std::string service_account_id;
  KeyOptions key;
};

ExitCode create(const Invocation& invocation, const CreateOptions& options) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  Json arguments{{"name", options.name}, {"project_id", options.project_id}};
  if (!options.kind.empty()) arguments["kind"] = options.kind;
  if (!options.service_account_id.empty()) {
    arguments["service_account_id"] = options.service_account_id;
  }
  add_arguments(options.key, arguments);
  auto result = run_on_folder(loaded->settings, "create_key", arguments);
  if (result) {
    result = Json{{"id", (*result)["id"]},
                  {"key", (*result)["value"]},
                  {"name", (*result)["name"]},
                  {"kind", (*result)["kind"]},
                  {"project_id", (*result)["project_id"]}};
  }
  return report(invocation, result, [](const Json& key) {
    fmt::print("{}\n", text_of(key, "key"));
    fmt::print(
        stderr,
        "This is the key '{}' ({}). It is shown this once; keep it where you keep secrets.\n",
        text_of(key, "name"), text_of(key, "id"));
  });
}

// Of all that it may ever spend; else how many limits of other kinds it has.
std::string limit_of(const Json& key) {
  if (!key["limit_nanousd"].is_null()) return usd_of(key, "limit_nanousd");
  const auto count = key.value("limit_count", 0);
  if (count == 0) return "-";
  return fmt::format("{} limit{}", count, count == 1 ? "" : "s");
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : list["data"]) {
    rows.push_back({text_of(key, "id"), text_of(key, "name"), text_of(key, "kind"),
                    text_of(key, "redacted_value"), text_of(key, "project_name"),
                    time_of(key, "created_at"), time_of(key, "last_used_at"),
                    time_of(key, "revoked_at"), usd_of(key, "spent_nanousd"), limit_of(key)});
  }
  print_table(
      {"ID", "NAME", "KIND", "KEY", "PROJECT", "CREATED", "LAST USED", "REVOKED", "SPENT", "LIMIT"},
      rows);
  tell_of_more(list);
}

void add_create(CLI::App& keys, Invocation& invocation) {
  auto& command =
      add_command(keys, invocation, "create", "Create a key and print it, once",
                  "Examples:\n  tollgate keys create --name laptop\n"
                  "  export OPENAI_API_KEY=$(tollgate keys create --name tests --kind test)\n");
  const auto options = std::make_shared<CreateOptions>();
  command.add_option("--name", options->name, "what people will call it")->required();
  command.add_option("--kind", options->kind,
                     "project, service-account, test or admin (default: project, or as "
                     "--service-account says)");
  command.add_option("--project", options->project_id, "project id (default: the default project)");
  command.add_option("--service-account", options->service_account_id,
                     "of a service account that is there (default: a new one)");
  add_key_options(command, options->key);
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return create(invocation, *options); };
  });
}

void add_list(CLI::App& keys, Invocation& invocation) {
  auto& command =
      add_command(keys, invocation, "list", "List keys, the newest first, revoked ones too",
                  "Example:\n  tollgate keys list\n");
  const auto options = add_list_options(command);
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(invocation, "list_keys", with_page(*options), show_list);
    };
  });
}

void add_revoke(CLI::App& keys, Invocation& invocation) {
  auto& command =
      add_command(keys, invocation, "revoke", "End a key now; its running streams are cut",
                  "Example:\n  tollgate keys revoke key_4f… --reason 'posted in a chat'\n");
  const auto arguments = std::make_shared<std::pair<std::string, std::string>>();
  command.add_option("id", arguments->first, "the key's id")->required();
  command.add_option("--reason", arguments->second, "why, for the audit log");
  command.callback([&invocation, arguments] {
    invocation.chosen = [&invocation, arguments] {
      return run_command(
          invocation, "revoke_key", {{"id", arguments->first}, {"reason", arguments->second}},
          [](const Json& key) {
            fmt::print("Revoked '{}' ({}).\n", text_of(key, "name"), text_of(key, "id"));
          });
    };
  });
}

}  // namespace

void add_keys(CLI::App& root, Invocation& invocation) {
  auto& keys = *root.add_subcommand("keys", "Create, list, change, rotate and revoke keys");
  keys.require_subcommand(1);
  add_create(keys, invocation);
  add_list(keys, invocation);
  add_key_changes(keys, invocation);
  add_revoke(keys, invocation);
}

}  // namespace tg::cli
