// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/api_error.h"
#include "identity/limits.h"
#include "limits/limit.h"

// A limit as our own endpoints show it: what was set, and how it stands.
//
// Threading:  pure.
namespace tg::admin {

[[nodiscard]] Json to_json(const identity::LimitRecord& record, const std::string& target_name,
                           const limits::Reading& reading);

}  // namespace tg::admin
