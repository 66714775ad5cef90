// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/api_error.h"

// How successors and default models are shown; adding a provider shows them as well.
namespace tg::cli {

void show_redirections(const admin::Json& routes);

}  // namespace tg::cli
