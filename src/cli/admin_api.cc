// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_api.h"

#include <fmt/format.h>

#include "admin/api_routes.h"

namespace tg::cli {
namespace {

// "/v1/organization/projects/{}/users", as the table of routes has it.
admin::Json listed() {
  auto data = admin::Json::array();
  for (const auto& route : admin::organization_routes()) {
    data.push_back({{"method", route.method},
                    {"path", fmt::format("/v1/{}", route.path)},
                    {"permission", admin::name({route.resource, route.access})},
                    {"is_there", route.handler != admin::not_there_yet}});
  }
  return admin::Json{{"object", "list"}, {"data", std::move(data)}};
}

void show(const admin::Json& list) {
  for (const auto& operation : list["data"]) {
    fmt::print("{:<7} {:<82} {}{}\n", operation["method"].get<std::string>(),
               operation["path"].get<std::string>(), operation["permission"].get<std::string>(),
               operation["is_there"].get<bool>() ? "" : "  not there yet");
  }
}

}  // namespace

void add_admin_api(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(root, invocation, "admin-api",
                              "List the operations of OpenAI's Admin API and what each needs", "");
  command.callback([&invocation] {
    invocation.chosen = [&invocation] { return report(invocation, listed(), show); };
  });
}

}  // namespace tg::cli
