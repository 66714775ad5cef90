// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "ledger/journal_sync.h"
#include "net/task.h"
#include "net/worker.h"

// A worker's wait for the disk: until all that it has written to its journal is on it.
//
// Threading:  its worker's; the sync thread posts the answer to it.
// Errors:     kTimedOut; what the sync says.
namespace tg::gateway {

[[nodiscard]] net::Task<Result<void>> wait_for_sync(net::Worker* worker, ledger::JournalSync* sync,
                                                    SteadyTime deadline);

}  // namespace tg::gateway
