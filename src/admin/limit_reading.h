// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "admin/operation_context.h"
#include "identity/limits.h"
#include "ledger/spent.h"
#include "limits/limit.h"

// What is spent, held and left of limits: the running server's meters know; where none runs, or no
// call can count on a limit, the ledger does.
//
// Threading:  any control thread.
// Errors:     kDatabase.
namespace tg::admin {

// Whose spending counts on the limit, as the ledger names it.
[[nodiscard]] ledger::Spender spender_of(const identity::LimitRecord& record);

// In the order of the records.
[[nodiscard]] Result<std::vector<limits::Reading>> read_limits(
    OperationContext& context, const std::vector<identity::LimitRecord>& records);

}  // namespace tg::admin
