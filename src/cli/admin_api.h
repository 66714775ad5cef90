// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/invocation.h"

// `tollgate admin-api`: the table of routes of OpenAI's Admin API, for people and for the script
// that writes docs/admin-api.md.
namespace tg::cli {

void add_admin_api(CLI::App& root, Invocation& invocation);

}  // namespace tg::cli
