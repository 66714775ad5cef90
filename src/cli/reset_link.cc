// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {

void add_reset_link(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(root, invocation, "reset-link",
                              "Make a one-time link by which somebody chooses a new password",
                              "For who forgot it, where Tollgate sends no mail.\n\n"
                              "Example:\n  tollgate reset-link ada@example.org\n");
  const auto email = std::make_shared<std::string>();
  command.add_option("email", *email, "the person's address")->required();
  command.callback([&invocation, email] {
    invocation.chosen = [&invocation, email] {
      return run_command(
          invocation, "create_reset_link", {{"email", *email}}, [](const admin::Json& link) {
            fmt::print("{}\n", text_of(link, "url"));
            fmt::print(stderr, "Good for one use within an hour. Hand it to nobody else.\n");
          });
    };
  });
}

}  // namespace tg::cli
