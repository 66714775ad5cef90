// SPDX-License-Identifier: Apache-2.0
#include "ledger/transfer.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/give_way.h"
#include "base/log.h"
#include "ledger/retention.h"
#include "ledger/rollup_fold.h"
#include "ledger/transfer_pass.h"

namespace tg::ledger {
namespace {

using namespace std::chrono_literals;

// A call stands in the ledger well within a second of its end. Looking more often would write the
// same rows of the slices more often: in batches of 1,000 an event costs twice what it costs in
// batches of 10,000.
constexpr auto kLookInterval = 400ms;
constexpr auto kRetryFirst = 100ms;
constexpr auto kRetryMost = 5'000ms;
// What calls add to the rollups waits so long to be folded into their blocks: a question reads
// both, so nobody sees the difference.
constexpr auto kFoldInterval = 10s;
constexpr int kFoldsAtOnce = 8;
// Old calls go little by little: their pages are cold, and calls wait meanwhile.
constexpr std::chrono::milliseconds kRemovalPause = 1s;
constexpr std::chrono::milliseconds kRemovalInterval = 10min;
// Tries at the end of the server; what then still fails is recovered at the next start.
constexpr int kTriesAtEnd = 5;
// How long somebody waits at a cut for SQL that is away.
constexpr auto kCutTime = 5s;
// Each takes a full batch; more would be waiting for somebody else's calls.
constexpr int kStepsToCatchUp = 8;

}  // namespace

class Transfer::Impl {
 public:
  Impl(store::Database& database, const std::filesystem::path& folder, std::uint32_t epoch,
       std::uint16_t workers, Disk& disk)
      : database_{database}, pass_{database, folder, epoch, workers, disk} {}

  void set_listener(Listener listener) { pass_.set_listener(std::move(listener)); }

  void start() {
    thread_ = std::jthread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "transfer");
  }

  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void keep_calls(std::chrono::days days) { kept_days_ = days.count(); }

  Result<void> catch_up();
  Result<void> at_cut(const TakeCut& take, const std::function<Result<void>()>& act);

 private:
  void run();
  Result<TransferPass::Step> step();
  // False when the server ends.
  bool wait(std::chrono::milliseconds time);

  void fold_when_due();
  void remove_when_due();

  store::Database& database_;
  std::chrono::steady_clock::time_point next_fold_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_removal_ = next_fold_;
  std::atomic<std::int64_t> kept_days_ = 0;
  std::mutex pass_mutex_;  // the thread's steps, and cuts
  TransferPass pass_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::jthread thread_;
};

bool Transfer::Impl::wait(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

Result<TransferPass::Step> Transfer::Impl::step() {
  const std::scoped_lock lock{pass_mutex_};
  auto done = pass_.step();
  if (!done) {
    log(LogLevel::kError, "calls not written to the ledger; the journal keeps them",
        {{"why", name(done.error().code)}, {"calls", pass_.pending_calls()}});
  }
  return done;
}

// A fold that fails has changed nothing and is tried again.
void Transfer::Impl::fold_when_due() {
  if (std::chrono::steady_clock::now() < next_fold_) return;
  next_fold_ = std::chrono::steady_clock::now() + kFoldInterval;
  for (int i = 0; i < kFoldsAtOnce; ++i) {
    const auto folded = fold_rollups(database_, wall_now());
    if (!folded) {
      log(LogLevel::kError, "rollups not folded; nothing is lost, and it is tried again",
          {{"why", folded.error().detail}});
    }
    if (!folded || !folded->more) return;
  }
  next_fold_ = {};
}

void Transfer::Impl::remove_when_due() {
  const std::chrono::days kept{kept_days_};
  if (kept.count() == 0 || std::chrono::steady_clock::now() < next_removal_) return;
  const auto removed = remove_old_calls(database_, wall_now() - kept);
  if (!removed) {
    log(LogLevel::kError, "old calls not removed; it is tried again",
        {{"why", removed.error().detail}});
  }
  const bool more = removed && removed->more;
  next_removal_ = std::chrono::steady_clock::now() + (more ? kRemovalPause : kRemovalInterval);
}

void Transfer::Impl::run() {
  auto pause = std::chrono::milliseconds{kRetryFirst};
  int tries_at_end = 0;
  bool behind = false;
  for (;;) {
    // A transfer that always gave way would never catch up with workers that never rest.
    const GivingWay gives{!behind};
    // Whether the server ends is asked first: then everything that was written before is read.
    const bool goes_on = wait(0ms);
    const auto done = step();
    if (!done) {
      if (!wait(pause) && ++tries_at_end >= kTriesAtEnd) return;
      pause = std::min<std::chrono::milliseconds>(pause * 2, kRetryMost);
      continue;
    }
    pause = kRetryFirst;
    behind = *done == TransferPass::Step::kFull;
    fold_when_due();
    remove_when_due();
    if (behind) continue;
    if (*done == TransferPass::Step::kNothing && !goes_on) return pass_.end();
    (void)wait(kLookInterval);
  }
}

Result<void> Transfer::Impl::catch_up() {
  // Who asks has written before it asked: so much is there, however much comes meanwhile.
  for (int steps = 0; steps < kStepsToCatchUp; ++steps) {
    TG_TRY(const auto done, step());
    if (done == TransferPass::Step::kNothing) break;
  }
  return {};
}

Result<void> Transfer::Impl::at_cut(const TakeCut& take, const std::function<Result<void>()>& act) {
  const auto deadline = std::chrono::steady_clock::now() + kCutTime;
  const std::scoped_lock lock{pass_mutex_};
  // Nothing is read while the cut is taken, so nothing beyond it has been.
  const auto cut = take();
  for (;;) {
    const auto done = pass_.step(cut);
    if (done && *done == TransferPass::Step::kNothing) return act();
    if (!done && std::chrono::steady_clock::now() > deadline) return std::unexpected(done.error());
    if (!done && !wait(kRetryFirst)) return std::unexpected(done.error());
  }
}

Transfer::Transfer(store::Database& database, const std::filesystem::path& folder,
                   std::uint32_t epoch, std::uint16_t workers, Disk& disk)
    : impl_{std::make_unique<Impl>(database, folder, epoch, workers, disk)} {}

Transfer::~Transfer() { impl_->stop(); }

void Transfer::set_listener(Listener listener) { impl_->set_listener(std::move(listener)); }

void Transfer::start() { impl_->start(); }

void Transfer::stop() { impl_->stop(); }

void Transfer::keep_calls(std::chrono::days days) { impl_->keep_calls(days); }

Result<void> Transfer::catch_up() { return impl_->catch_up(); }

Result<void> Transfer::at_cut(const TakeCut& take, const std::function<Result<void>()>& act) {
  return impl_->at_cut(take, act);
}

}  // namespace tg::ledger
