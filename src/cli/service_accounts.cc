// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct AccountOptions {
  std::string id;
  std::string name;
  std::string project_id;
};

Json in_project(const AccountOptions& options, Json arguments = Json::object()) {
  if (!options.project_id.empty()) arguments["project_id"] = options.project_id;
  return arguments;
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& account : list["data"]) {
    rows.push_back({text_of(account, "id"), text_of(account, "name"),
                    text_of(account, "project_id"), text_of(account, "owner_id"),
                    time_of(account, "created_at")});
  }
  print_table({"ID", "NAME", "PROJECT", "OWNER", "CREATED"}, rows);
  tell_of_more(list);
}

void show_created(const Json& account) {
  fmt::print("{}\n", text_of(account, "id"));
  fmt::print(stderr,
             "This is the service account '{}'. It has no key yet: 'tollgate keys create "
             "--service-account' makes one.\n",
             text_of(account, "name"));
}

void show_deleted(const Json& account) {
  fmt::print("Deleted '{}' ({}), for good. Its {} keys are revoked, their streams are cut.\n",
             text_of(account, "name"), text_of(account, "id"), account.value("revoked_keys", 0));
}

}  // namespace

void add_service_accounts(CLI::App& root, Invocation& invocation) {
  auto& accounts = *root.add_subcommand("service-accounts",
                                        "List, create and delete accounts that no person has");
  accounts.require_subcommand(1);
  const auto options = std::make_shared<AccountOptions>();
  const auto add_project = [&options](CLI::App& command) {
    command.add_option("--project", options->project_id, "its project (default: the default one)");
  };

  auto& list = add_command(accounts, invocation, "list", "List a project's service accounts",
                           "Example:\n  tollgate service-accounts list --project proj_4f…\n");
  add_project(list);
  const auto page = add_list_options(list);
  run_when_chosen(
      list, invocation, "list_service_accounts",
      [options, page] { return with_page(*page, in_project(*options)); }, show_list);

  auto& create = add_command(
      accounts, invocation, "create", "Create a service account without a key and print its id",
      "Examples:\n  tollgate service-accounts create --name deploy\n"
      "  tollgate workloads rules add wip_4f… --service-account svc_acct_2b… --match …\n"
      "  tollgate keys create --name deploy --service-account svc_acct_2b…\n");
  create.add_option("--name", options->name, "what people will call it")->required();
  add_project(create);
  run_when_chosen(
      create, invocation, "create_service_account",
      [options] { return in_project(*options, {{"name", options->name}}); }, show_created);

  auto& remove =
      add_command(accounts, invocation, "delete",
                  "End a service account for good: its keys are revoked, its usage stays",
                  "Example:\n  tollgate service-accounts delete svc_acct_2b…\n");
  remove.add_option("id", options->id, "the account's id")->required();
  run_when_chosen(
      remove, invocation, "delete_service_account", [options] { return Json{{"id", options->id}}; },
      show_deleted);
}

}  // namespace tg::cli
