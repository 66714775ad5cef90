// SPDX-License-Identifier: Apache-2.0
#include "gateway/journal_wait.h"

#include <memory>
#include <optional>

namespace tg::gateway {
namespace {

// Shared with the sync thread, which may answer when nobody waits any more.
struct Waiting {
  explicit Waiting(net::Worker& worker) : pause{worker} {}
  net::Pause pause;
  std::optional<Result<void>> answer;
};

}  // namespace

net::Task<Result<void>> wait_for_sync(net::Worker* worker, ledger::JournalSync* sync,
                                      SteadyTime deadline) {
  const auto waiting = std::make_shared<Waiting>(*worker);
  sync->after_sync([worker, waiting](Result<void> done) {
    worker->post([waiting, done] {
      waiting->answer = done;
      waiting->pause.wake();
    });
  });
  co_await waiting->pause.until(deadline);
  if (!waiting->answer) co_return fail(Code::kTimedOut, "the disk does not answer");
  co_return *waiting->answer;
}

}  // namespace tg::gateway
