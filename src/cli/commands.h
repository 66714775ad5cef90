// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/invocation.h"

// One function a command, one file a function: each adds its command to the parser and says what it
// does when it is chosen. docs/cli.md describes them.
namespace tg::cli {

void add_serve(CLI::App& root, Invocation& invocation);
void add_init(CLI::App& root, Invocation& invocation);
void add_setup_link(CLI::App& root, Invocation& invocation);
void add_users(CLI::App& root, Invocation& invocation);
void add_reset_link(CLI::App& root, Invocation& invocation);
void add_invites(CLI::App& root, Invocation& invocation);
void add_keys(CLI::App& root, Invocation& invocation);
void add_providers(CLI::App& root, Invocation& invocation);
void add_routes(CLI::App& root, Invocation& invocation);
void add_prices(CLI::App& root, Invocation& invocation);
void add_credits(CLI::App& root, Invocation& invocation);
void add_objects(CLI::App& root, Invocation& invocation);
void add_limits(CLI::App& root, Invocation& invocation);
void add_alerts(CLI::App& root, Invocation& invocation);
void add_service_accounts(CLI::App& root, Invocation& invocation);
void add_workloads(CLI::App& root, Invocation& invocation);
void add_usage(CLI::App& root, Invocation& invocation);
void add_calls(CLI::App& root, Invocation& invocation);
void add_explain(CLI::App& root, Invocation& invocation);
void add_ledger(CLI::App& root, Invocation& invocation);
void add_audit(CLI::App& root, Invocation& invocation);
void add_config(CLI::App& root, Invocation& invocation);
void add_projects(CLI::App& root, Invocation& invocation);
void add_backup(CLI::App& root, Invocation& invocation);
void add_restore(CLI::App& root, Invocation& invocation);
void add_verify(CLI::App& root, Invocation& invocation);
void add_upgrade(CLI::App& root, Invocation& invocation);
void add_doctor(CLI::App& root, Invocation& invocation);
void add_tokens(CLI::App& root, Invocation& invocation);
void add_version(CLI::App& root, Invocation& invocation);

}  // namespace tg::cli
