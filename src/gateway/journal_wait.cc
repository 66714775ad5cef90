// SPDX-License-Identifier: Apache-2.0
#include "gateway/journal_wait.h"

#include "gateway/reply.h"

namespace tg::gateway {

net::Task<Result<void>> wait_for_sync(net::Worker* worker, ledger::JournalSync* sync,
                                      SteadyTime deadline) {
  Reply<Result<void>> reply{*worker};
  sync->after_sync(reply.giver());
  const auto* synced = co_await reply.until(deadline);
  if (synced == nullptr) co_return fail(Code::kTimedOut, "the disk does not answer");
  co_return *synced;
}

}  // namespace tg::gateway
