// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

void show_report(const Json& report) {
  const auto& checked = report["checked"];
  fmt::print(
      "Looked at {} calls, {} rollups, {} slices, {} live limits and {} calls in the journal"
      " ({} of which await their transfer).\n",
      text_of(checked, "events"), text_of(checked, "rollups"), text_of(checked, "slices"),
      text_of(checked, "limits"), text_of(checked, "journal_records"),
      text_of(checked, "awaiting_transfer"));
  const auto& difference = report["difference"];
  if (difference.is_null()) {
    fmt::print("They agree to the nano-dollar.\n");
    return;
  }
  fmt::print("They DO NOT AGREE. The first difference:\n  {}\n  expected  {}\n  found     {}\n",
             text_of(difference, "what"), text_of(difference, "expected"),
             text_of(difference, "found"));
}

ExitCode run_verify(const Invocation& invocation) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto verified = run_on_folder(loaded->settings, "verify_ledger", Json::object());
  const auto ended = report(invocation, verified, show_report);
  return verified && !verified->value("agree", false) ? ExitCode::kFailed : ended;
}

}  // namespace

void add_ledger(CLI::App& root, Invocation& invocation) {
  auto* ledger = root.add_subcommand("ledger", "The record of every call and what it was charged");
  ledger->require_subcommand(1);
  auto& verify = add_command(
      *ledger, invocation, "verify",
      "Prove that journal, calls, rollups and limits agree, or name the first difference",
      "On a running server too. Exits with 1 when they do not agree.\n\n"
      "Examples:\n  tollgate ledger verify\n  tollgate ledger verify --data ./data --json\n");
  auto& rebuild = add_command(
      *ledger, invocation, "rebuild", "Make what usage is answered from anew, from all calls",
      "On a running server too; calls wait for SQL meanwhile, and lose nothing.\n\n"
      "Examples:\n  tollgate ledger rebuild\n");
  rebuild.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(invocation, "rebuild_rollups", Json::object(), [](const Json& /*result*/) {
        fmt::print("Usage is answered from blocks made anew.\n");
      });
    };
  });
  verify.callback(
      [&invocation] { invocation.chosen = [&invocation] { return run_verify(invocation); }; });
}

}  // namespace tg::cli
