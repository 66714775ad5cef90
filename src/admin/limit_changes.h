// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/operation_context.h"
#include "identity/limits.h"

// A limit is set and removed in one place, whoever asks: in the database, then on the calls.
//
// Threading:  with `changes` held.
// Errors:     kNotFound, kFieldInvalid, kConflict; kDatabase where the limit stands, but what was
//             spent before could not be read.
namespace tg::admin {

[[nodiscard]] ApiResult<identity::LimitRecord> set_limit_now(OperationContext& context,
                                                             const identity::LimitRecord& wanted,
                                                             const Caller& caller);
[[nodiscard]] ApiResult<identity::LimitRecord> remove_limit_now(OperationContext& context,
                                                                const std::string& limit_id,
                                                                const Caller& caller);

}  // namespace tg::admin
