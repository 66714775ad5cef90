// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct ProjectOptions {
  std::string id;
  std::string name;
  bool all = false;
};

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& project : list["data"]) {
    rows.push_back({text_of(project, "id"), text_of(project, "name"),
                    project.value("is_default", false) ? "yes" : "-", text_of(project, "status"),
                    time_of(project, "created_at"), time_of(project, "archived_at")});
  }
  print_table({"ID", "NAME", "DEFAULT", "STATUS", "CREATED", "ARCHIVED"}, rows);
  tell_of_more(list);
}

void show_created(const Json& project) {
  fmt::print("{}\n", text_of(project, "id"));
  fmt::print(stderr, "This is the project '{}'.\n", text_of(project, "name"));
}

void show_renamed(const Json& project) {
  fmt::print("{} is '{}' now.\n", text_of(project, "id"), text_of(project, "name"));
}

void show_archived(const Json& project) {
  fmt::print("Archived '{}' ({}), for good. Its {} keys are revoked, their streams are cut.\n",
             text_of(project, "name"), text_of(project, "id"), project.value("revoked_keys", 0));
}

}  // namespace

void add_projects(CLI::App& root, Invocation& invocation) {
  auto& projects = *root.add_subcommand("projects", "List, create, rename and archive projects");
  projects.require_subcommand(1);
  const auto options = std::make_shared<ProjectOptions>();

  auto& list = add_command(projects, invocation, "list", "List projects",
                           "Examples:\n  tollgate projects list\n  tollgate projects list --all\n");
  list.add_flag("--all", options->all, "archived ones too");
  const auto page = add_list_options(list);
  run_when_chosen(
      list, invocation, "list_projects",
      [options, page] { return with_page(*page, Json{{"include_archived", options->all}}); },
      show_list);

  auto& create = add_command(projects, invocation, "create", "Create a project and print its id",
                             "Example:\n  tollgate projects create --name search\n");
  create.add_option("--name", options->name, "what people will call it")->required();
  run_when_chosen(
      create, invocation, "create_project", [options] { return Json{{"name", options->name}}; },
      show_created);

  auto& rename = add_command(projects, invocation, "rename", "Give a project another name",
                             "Example:\n  tollgate projects rename proj_4f… --name search-eu\n");
  rename.add_option("id", options->id, "the project's id")->required();
  rename.add_option("--name", options->name, "what people will call it")->required();
  run_when_chosen(
      rename, invocation, "rename_project",
      [options] { return Json{{"id", options->id}, {"name", options->name}}; }, show_renamed);

  auto& archive = add_command(projects, invocation, "archive",
                              "End a project for good: its keys are revoked, its usage stays",
                              "Example:\n  tollgate projects archive proj_4f…\n");
  archive.add_option("id", options->id, "the project's id")->required();
  run_when_chosen(
      archive, invocation, "archive_project", [options] { return Json{{"id", options->id}}; },
      show_archived);
}

}  // namespace tg::cli
