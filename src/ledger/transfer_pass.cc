// SPDX-License-Identifier: Apache-2.0
#include "ledger/transfer_pass.h"

#include <optional>
#include <thread>

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
  if (read_.empty()) read_.push_back(read(until));
  TG_TRY_DONE(write_first(until));
  const auto& written = read_.front();
  const auto& batch = written.batch.batch();
  if (listener_ && !batch.events.empty()) listener_(batch.events);
  for (std::size_t worker = 0; worker < followers_.size(); ++worker) {
    followers_[worker].retire_before(written.first_needed[worker]);
  }
  const auto done = batch.records() >= kBatchEventsMax ? Step::kFull
                    : written.is_anything              ? Step::kSome
                                                       : Step::kNothing;
  read_.pop_front();
  return done;
}

// Only behind a full batch is there surely more, and what is read waits for the next step.
Result<void> TransferPass::write_first(std::span<const JournalPosition> until) {
  const auto records = read_.front().batch.batch().records();
  if (records == 0) return {};
  std::optional<Reading> next;
  std::jthread reader;
  if (records >= kBatchEventsMax && read_.size() == 1) {
    reader = std::jthread{[&] { next.emplace(read(until)); }};
  }
  auto& first = read_.front();
  const auto written = write_ledger(database_, first.batch, first.care);
  if (!written) first.care = Care::kCareful;
  if (reader.joinable()) reader.join();
  if (next && next->is_anything) read_.push_back(*std::move(next));
  return written;
}

void TransferPass::end() {
  for (auto& follower : followers_) follower.remove_last();
}

std::size_t TransferPass::pending_calls() const noexcept {
  std::size_t calls = 0;
  for (const auto& each : read_) calls += each.batch.batch().events.size();
  return calls;
}

TransferPass::Reading TransferPass::read(std::span<const JournalPosition> until) {
  LedgerBatch batch;
  bool is_anything = false;
  std::vector<std::uint64_t> first_needed;
  for (std::size_t worker = 0; worker < followers_.size(); ++worker) {
    auto& follower = followers_[worker];
    const auto read =
        follower.read(batch, until.empty() ? std::nullopt : std::optional{until[worker]});
    first_needed.push_back(follower.first_needed());
    if (!read) {
      log(LogLevel::kError, "journal cannot be read", {{"why", read.error().detail}});
      continue;
    }
    is_anything = is_anything || *read;
  }
  return {.batch = PreparedBatch{std::move(batch)},
          .care = Care::kUsual,
          .is_anything = is_anything,
          .first_needed = std::move(first_needed)};
}

}  // namespace tg::ledger
