// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/spent.h"
#include "limits/limit.h"
#include "store/database.h"

// Brings a limit to what the ledger says was used of it: for a limit that is set while the server
// runs, at its start, and to read one where no server runs.
//
// Threading:  control threads.
// Errors:     kDatabase; the limit is then as it was.
namespace tg::ledger {

// Adds what `spender` used since the limit counts. Nothing for concurrency: no call is running that
// the ledger knows. It neither starts enforcing nor asks whether somebody calls meanwhile.
[[nodiscard]] Result<void> restore_limit(store::Database& database, const Spender& spender,
                                         limits::Limit& limit, WallTime now);

// The limit as the ledger alone knows it.
[[nodiscard]] Result<std::unique_ptr<limits::Limit>> limit_from_ledger(store::Database& database,
                                                                       const Spender& spender,
                                                                       const limits::Rule& rule,
                                                                       WallTime now);

}  // namespace tg::ledger
