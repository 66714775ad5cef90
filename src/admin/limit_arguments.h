// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/arguments.h"
#include "identity/limits.h"

// Reads what set_limit is asked for: which limit, on what, and how much.
//
// Threading:  pure, but for a time zone that is looked up for the first time.
// Errors:     kFieldInvalid with the field that is at fault and what would do in its place.
namespace tg::admin {

struct WantedLimit {
  identity::LimitRecord record;  // without id and organization
  bool removes = false;          // the amount was null: there shall be no such limit
};

[[nodiscard]] ApiResult<WantedLimit> read_wanted_limit(const Json& arguments);
[[nodiscard]] ApiResult<identity::LimitScope> read_scope(const Json& arguments);

}  // namespace tg::admin
