// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {

void add_setup_link(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(root, invocation, "setup-link",
                              "Make a new one-time link to create the owner; the old one ends",
                              "Example:\n  tollgate setup-link --data ./data\n");
  command.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(
          invocation, "create_setup_link", admin::Json::object(), [](const admin::Json& link) {
            fmt::print("{}\nGood for one use within 24 hours.\n", text_of(link, "url"));
          });
    };
  });
}

}  // namespace tg::cli
