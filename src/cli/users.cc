// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct AddOptions {
  std::string email;
  std::string name;
  std::string role = "reader";
  std::string password_file;
};

ExitCode add(const Invocation& invocation, const AddOptions& options) {
  const auto password = read_secret_file(options.password_file, 4096);
  if (!password) {
    return report_usage(
        invocation, fmt::format("The password file {} cannot be read: {}.", options.password_file,
                                std::generic_category().message(password.error().system_errno)));
  }
  auto text = password->reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return run_command(invocation, "add_user",
                     {{"email", options.email},
                      {"name", options.name},
                      {"role", options.role},
                      {"password", text}},
                     [](const Json& user) {
                       fmt::print("{} is {} now ({}).\n", text_of(user, "email"),
                                  text_of(user, "role"), text_of(user, "id"));
                     });
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& user : list["data"]) {
    rows.push_back({text_of(user, "id"), text_of(user, "email"), text_of(user, "name"),
                    text_of(user, "role"), time_of(user, "added_at")});
  }
  print_table({"ID", "EMAIL", "NAME", "ROLE", "ADDED"}, rows);
  tell_of_more(list);
}

void show_departure(const Json& departure) {
  if (!departure["can_leave"].get<bool>()) {
    fmt::print("{} cannot be removed: {}.\n", text_of(departure, "id"),
               text_of(departure, "obstacle"));
    return;
  }
  fmt::print("If {} is removed:\n", text_of(departure, "id"));
  const auto show = [&](const char* list, const char* what) {
    for (const auto& each : departure[list]) {
      fmt::print("  {} '{}' ({})\n", what, text_of(each, "name"), text_of(each, "id"));
    }
  };
  show("keys", "stops at once: the key");
  show("service_accounts", "stays, with another owner: the service account");
  show("projects", "leaves the project");
  show("groups", "leaves the group");
  fmt::print("Nothing was changed. With --yes it is done.\n");
}

void add_add(CLI::App& users, Invocation& invocation) {
  auto& command = add_command(users, invocation, "add", "Add a person to the organization",
                              "Example:\n  tollgate users add --email grace@example.org --name "
                              "Grace --password-file pw.txt\n");
  const auto options = std::make_shared<AddOptions>();
  command.add_option("--email", options->email, "the e-mail address")->required();
  command.add_option("--name", options->name, "what people call them");
  command.add_option("--role", options->role, "owner or reader (default: reader)");
  command
      .add_option("--password-file", options->password_file,
                  "file with their first password, 12 characters or more")
      ->required();
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return add(invocation, *options); };
  });
}

void add_list(CLI::App& users, Invocation& invocation) {
  auto& command = add_command(users, invocation, "list", "List the organization's people",
                              "Example:\n  tollgate users list\n");
  const auto options = add_list_options(command);
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(invocation, "list_users", with_page(*options), show_list);
    };
  });
}

void add_remove(CLI::App& users, Invocation& invocation) {
  auto& command = add_command(
      users, invocation, "remove", "Show what a person's leaving takes along; with --yes, do it",
      "Examples:\n  tollgate users remove user-4f…\n  tollgate users remove user-4f… --yes\n");
  const auto options = std::make_shared<std::pair<std::string, bool>>();
  command.add_option("id", options->first, "the user's id")->required();
  command.add_flag("--yes", options->second, "remove them now");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      if (!options->second) {
        return run_command(invocation, "user_departure", {{"id", options->first}}, show_departure);
      }
      return run_command(invocation, "remove_user", {{"id", options->first}}, [](const Json& user) {
        fmt::print("Removed {} ({}); their own keys are revoked.\n", text_of(user, "email"),
                   text_of(user, "id"));
      });
    };
  });
}

}  // namespace

void add_users(CLI::App& root, Invocation& invocation) {
  auto& users = *root.add_subcommand("users", "Add, list and remove people");
  users.require_subcommand(1);
  add_add(users, invocation);
  add_list(users, invocation);
  add_remove(users, invocation);
}

}  // namespace tg::cli
