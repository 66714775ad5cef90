// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

struct Options {
  std::string email;
  std::string name;
  std::string organization;
  std::string password_file;
};

ExitCode init(const Invocation& invocation, const Options& options) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto password = read_secret_file(options.password_file, 4096);
  if (!password) {
    return report_usage(
        invocation, fmt::format("The password file {} cannot be read: {}.", options.password_file,
                                std::generic_category().message(password.error().system_errno)));
  }
  auto text = password->reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const auto result = run_on_folder(loaded->settings, "init_owner",
                                    {{"email", options.email},
                                     {"name", options.name},
                                     {"organization", options.organization},
                                     {"password", text}},
                                    store::DataFolder::Mode::kCreate);
  return report(invocation, result, [&](const admin::Json& owner) {
    fmt::print(
        "{} owns this Tollgate now (organization {}, project {}).\n"
        "Next: tollgate keys create --data {} --name first\n",
        text_of(owner["user"], "email"), text_of(owner["organization"], "id"),
        text_of(owner["project"], "id"), loaded->settings.data.string());
  });
}

}  // namespace

void add_init(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "init", "Make the first owner and the default project without a browser",
      "Example:\n  tollgate init --owner-email ada@example.org --owner-password-file pw.txt\n");
  const auto options = std::make_shared<Options>();
  command.add_option("--owner-email", options->email, "the owner's e-mail address")->required();
  command
      .add_option("--owner-password-file", options->password_file,
                  "file with the owner's password, 12 characters or more")
      ->required();
  command.add_option("--owner-name", options->name, "the owner's name");
  command.add_option("--organization", options->organization, "the organization's name");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return init(invocation, *options); };
  });
}

}  // namespace tg::cli
