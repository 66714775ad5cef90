// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"

#include <fmt/format.h>

#include "cli/commands.h"

namespace tg::cli {

void add_version(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(root, invocation, "version", "Print the version", "");
  command.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return report(invocation, admin::Json{{"version", kVersion}},
                    [](const admin::Json&) { fmt::print("tollgate {}\n", kVersion); });
    };
  });
}

}  // namespace tg::cli
