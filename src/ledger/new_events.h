// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// Which events of a batch the ledger does not have yet: a journal that is read again, because a
// crash came before its position was written, brings them twice.
//
// Threading:  that of the session.
// Limits:     one question to the database for each run of close ids; a batch is mostly one.
// Errors:     kDatabase.
namespace tg::ledger {

// In the order of `events`. Of two with the same id the second is not new.
[[nodiscard]] Result<std::vector<bool>> find_new_events(soci::session& session,
                                                        const std::vector<UsageEvent>& events);

}  // namespace tg::ledger
