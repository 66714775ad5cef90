// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/admin_api.h"
#include "cli/commands.h"
#include "cli/version.h"

namespace tg::cli {
namespace {

// Secrets in memory stay there: no core dump, no debugger of the same user; files are private.
bool make_safe() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::umask(077);
  return sodium_init() >= 0;
}

void add_commands(CLI::App& root, Invocation& invocation) {
  root.require_subcommand(1);
  root.set_version_flag("--version", fmt::format("tollgate {}", kVersion));
  root.footer(
      "Every command has --help with examples. Exit codes: 0 done, 1 failed, 2 wrong usage.\n"
      "Start here:  tollgate serve\n");
  add_serve(root, invocation);
  add_init(root, invocation);
  add_setup_link(root, invocation);
  add_users(root, invocation);
  add_reset_link(root, invocation);
  add_invites(root, invocation);
  add_projects(root, invocation);
  add_keys(root, invocation);
  add_providers(root, invocation);
  add_routes(root, invocation);
  add_prices(root, invocation);
  add_credits(root, invocation);
  add_objects(root, invocation);
  add_limits(root, invocation);
  add_alerts(root, invocation);
  add_service_accounts(root, invocation);
  add_workloads(root, invocation);
  add_usage(root, invocation);
  add_calls(root, invocation);
  add_explain(root, invocation);
  add_ledger(root, invocation);
  add_audit(root, invocation);
  add_backup(root, invocation);
  add_restore(root, invocation);
  add_verify(root, invocation);
  add_upgrade(root, invocation);
  add_config(root, invocation);
  add_doctor(root, invocation);
  add_admin_api(root, invocation);
  add_tokens(root, invocation);
  add_version(root, invocation);
}

// CLI11 throws for help as for mistakes; its exceptions stop here.
int parse_and_run(int argc, char** argv) {
  CLI::App root{"Tollgate: your own AI API platform", "tollgate"};
  Invocation invocation;
  add_commands(root, invocation);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  return static_cast<int>(invocation.chosen());
}

}  // namespace

int run(int argc, char** argv) {
  if (!make_safe()) {
    fmt::print(stderr, "tollgate: libsodium could not be started\n");
    return static_cast<int>(ExitCode::kFailed);
  }
  return parse_and_run(argc, argv);
}

}  // namespace tg::cli
