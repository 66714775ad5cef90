// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/routes_view.h"

namespace tg::cli {
namespace {

using admin::Json;

struct Change {
  std::string what;
  std::string model;
  bool none = false;   // there shall be none
  bool reset = false;  // back to what ships
};

void show_routes(const Json& routes) {
  fmt::print("Models served: {}\n", routes["models"].size());
  for (const auto& model : routes["models"]) fmt::print("  {}\n", model.get<std::string>());
  show_redirections(routes);
}

ExitCode change(const Invocation& invocation, const char* operation, const char* what_field,
                const char* model_field, const Change& change) {
  if (change.model.empty() && !change.none && !change.reset) {
    return report_usage(invocation, "Name a model, or write --none or --reset.");
  }
  Json arguments{{what_field, change.what}, {model_field, change.model}};
  if (change.reset) arguments[model_field] = nullptr;
  return run_command(invocation, operation, arguments, show_redirections);
}

void add_change(CLI::App& command, const std::shared_ptr<Change>& change) {
  command.add_option("model", change->model, "the model that serves");
  command.add_flag("--none", change->none, "there shall be none");
  command.add_flag("--reset", change->reset, "back to what Tollgate ships");
}

}  // namespace

void show_redirections(const Json& routes) {
  if (!routes["successors"].empty()) {
    fmt::print("Retired names go to their successors:\n");
    for (const auto& [retired, successor] : routes["successors"].items()) {
      fmt::print("  {} → {}\n", retired, successor.get<std::string>());
    }
  }
  if (!routes["default_models"].empty()) {
    fmt::print("Requests without a model:\n");
    for (const auto& [endpoint, model] : routes["default_models"].items()) {
      fmt::print("  {} → {}\n", endpoint, model.get<std::string>());
    }
  }
}

void add_routes(CLI::App& root, Invocation& invocation) {
  auto& routes = *root.add_subcommand("routes", "See and change which model serves which name");
  routes.require_subcommand(1);
  auto& list = add_command(routes, invocation, "list", "List models, successors and defaults",
                           "Example:\n  tollgate routes list\n");
  list.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(invocation, "list_routes", Json::object(), show_routes);
    };
  });

  const auto chosen = std::make_shared<Change>();
  auto& successor =
      add_command(routes, invocation, "set-successor", "Say which model serves a retired name",
                  "Example:\n  tollgate routes set-successor gpt-4 gpt-4.1\n");
  successor.add_option("retired", chosen->what, "the name that is gone")->required();
  add_change(successor, chosen);
  successor.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      return change(invocation, "set_successor", "retired", "successor", *chosen);
    };
  });

  auto& standard =
      add_command(routes, invocation, "set-default", "Say what a request without a model means",
                  "Example:\n  tollgate routes set-default /v1/images/generations gpt-image-1\n");
  standard.add_option("endpoint", chosen->what, "the endpoint's path")->required();
  add_change(standard, chosen);
  standard.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      return change(invocation, "set_default_model", "endpoint", "model", *chosen);
    };
  });
}

}  // namespace tg::cli
