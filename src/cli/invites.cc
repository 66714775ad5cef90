// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct CreateOptions {
  std::string email;
  std::string role = "reader";
  std::vector<std::string> projects;
};

Json arguments_of(const CreateOptions& options) {
  Json arguments{{"email", options.email}, {"role", options.role}};
  if (options.projects.empty()) return arguments;
  auto projects = Json::array();
  for (const auto& id : options.projects) {
    projects.push_back(Json{{"id", id}, {"role", "member"}});
  }
  arguments["projects"] = std::move(projects);
  return arguments;
}

void show_created(const Json& invite) {
  if (invite.value("mailed", false)) {
    fmt::print("Sent to {}.\n", text_of(invite, "email"));
    return;
  }
  fmt::print("{}\n", text_of(invite, "link"));
  fmt::print(stderr, "Hand this to {}. Good for one use within 7 days; shown this once.\n",
             text_of(invite, "email"));
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& invite : list["data"]) {
    rows.push_back({text_of(invite, "id"), text_of(invite, "email"), text_of(invite, "role"),
                    text_of(invite, "status"), time_of(invite, "created_at"),
                    time_of(invite, "expires_at")});
  }
  print_table({"ID", "E-MAIL", "ROLE", "STATUS", "CREATED", "EXPIRES"}, rows);
  tell_of_more(list);
}

void add_create(CLI::App& invites, Invocation& invocation) {
  auto& command = add_command(
      invites, invocation, "create", "Invite somebody; prints the link where no mail is sent",
      "Examples:\n  tollgate invites create grace@example.org\n"
      "  tollgate invites create linus@example.org --role owner --project proj_4f…\n");
  const auto options = std::make_shared<CreateOptions>();
  command.add_option("email", options->email, "the person's address")->required();
  command.add_option("--role", options->role, "reader or owner (default reader)");
  command.add_option("--project", options->projects,
                     "a project that they become a member of (default: the default project)");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(invocation, "create_invite", arguments_of(*options), show_created);
    };
  });
}

void add_list(CLI::App& invites, Invocation& invocation) {
  auto& command = add_command(invites, invocation, "list", "List invitations, the newest first",
                              "Example:\n  tollgate invites list\n");
  const auto options = add_list_options(command);
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(invocation, "list_invites", with_page(*options), show_list);
    };
  });
}

void add_delete(CLI::App& invites, Invocation& invocation) {
  auto& command =
      add_command(invites, invocation, "delete", "Withdraw an invitation: its link ends",
                  "Example:\n  tollgate invites delete invite-4f…\n");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "the invitation's id")->required();
  command.callback([&invocation, id] {
    invocation.chosen = [&invocation, id] {
      return run_command(invocation, "delete_invite", {{"id", *id}}, [](const Json& deleted) {
        fmt::print("Withdrawn: {}.\n", text_of(deleted, "id"));
      });
    };
  });
}

}  // namespace

void add_invites(CLI::App& root, Invocation& invocation) {
  auto& invites = *root.add_subcommand("invites", "Invite people, list and withdraw invitations");
  invites.require_subcommand(1);
  add_create(invites, invocation);
  add_list(invites, invocation);
  add_delete(invites, invocation);
}

}  // namespace tg::cli
