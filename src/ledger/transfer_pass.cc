// SPDX-License-Identifier: Apache-2.0
#include "ledger/transfer_pass.h"

#include "base/log.h"

namespace tg::ledger {

TransferPass::TransferPass(store::Database& database, const std::filesystem::path& folder,
                           std::uint32_t epoch, std::uint16_t workers, Disk& disk)
    : database_{database} {
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    followers_.emplace_back(disk, folder, epoch, worker);
  }
}

Result<TransferPass::Step> TransferPass::step(std::span<const JournalPosition> until) {
  const bool any = batch_.records() == 0 ? read(until) : true;
  const bool full = batch_.records() >= kBatchEventsMax;
  if (batch_.records() > 0) TG_TRY_DONE(write_ledger(database_, batch_));
  if (listener_ && !batch_.events.empty()) listener_(batch_.events);
  batch_ = {};
  for (auto& follower : followers_) follower.retire_finished();
  if (full) return Step::kFull;
  return any ? Step::kSome : Step::kNothing;
}

void TransferPass::end() {
  for (auto& follower : followers_) follower.remove_last();
}

bool TransferPass::read(std::span<const JournalPosition> until) {
  bool any = false;
  for (std::size_t worker = 0; worker < followers_.size(); ++worker) {
    const auto read = followers_[worker].read(
        batch_, until.empty() ? std::nullopt : std::optional{until[worker]});
    if (!read) {
      log(LogLevel::kError, "journal cannot be read", {{"why", read.error().detail}});
      continue;
    }
    any = any || *read;
  }
  return any;
}

}  // namespace tg::ledger
