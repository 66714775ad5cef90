// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/money.h"
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

struct OpenedPath {
  std::string method;
  std::string path;
  std::string price_usd;
  std::string provider;
};

void show_opened_paths(const Json& routes) {
  if (routes["opened_paths"].empty()) return fmt::print("No path is open at a flat price.\n");
  fmt::print("Open at a flat price:\n");
  for (const auto& opened : routes["opened_paths"]) {
    fmt::print("  {} {}  {} a call, at {}\n", opened["method"].get<std::string>(),
               opened["path"].get<std::string>(),
               format_usd(NanoUsd{opened["price_nanousd"].get<std::int64_t>()}),
               opened["provider"].get<std::string>());
  }
}

void show_routes(const Json& routes) {
  fmt::print("Models served: {}\n", routes["models"].size());
  for (const auto& model : routes["models"]) fmt::print("  {}\n", model.get<std::string>());
  show_redirections(routes);
  if (!routes["opened_paths"].empty()) show_opened_paths(routes);
}

void add_opened_paths(CLI::App& routes, Invocation& invocation) {
  const auto opened = std::make_shared<OpenedPath>();
  auto& open = add_command(routes, invocation, "open",
                           "Open a path that cannot be metered, at a flat price a call",
                           "Example:\n  tollgate routes open POST /v1/videos --price-usd 0.40\n"
                           "  tollgate routes open GET '/v1/videos/{id}' --price-usd 0\n");
  auto& close = add_command(routes, invocation, "close", "Close such a path again",
                            "Example:\n  tollgate routes close POST /v1/videos\n");
  for (auto* command : {&open, &close}) {
    command->add_option("method", opened->method, "GET, POST, DELETE, PUT or PATCH")->required();
    command->add_option("path", opened->path, "segments in braces stand for ids")->required();
  }
  open.add_option("--price-usd", opened->price_usd, "of each call, as 0.10")->required();
  open.add_option("--provider", opened->provider, "who answers; the oldest unless named");
  open.callback([&invocation, opened] {
    invocation.chosen = [&invocation, opened] {
      Json arguments{
          {"method", opened->method}, {"path", opened->path}, {"price_usd", opened->price_usd}};
      if (!opened->provider.empty()) arguments["provider"] = opened->provider;
      return run_command(invocation, "set_opened_path", arguments, show_opened_paths);
    };
  });
  close.callback([&invocation, opened] {
    invocation.chosen = [&invocation, opened] {
      const Json arguments{{"method", opened->method}, {"path", opened->path}};
      return run_command(invocation, "set_opened_path", arguments, show_opened_paths);
    };
  });
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

  add_opened_paths(routes, invocation);
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
