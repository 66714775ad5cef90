// SPDX-License-Identifier: Apache-2.0
#include "ledger/transfer.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "ledger/ledger_writer.h"
#include "ledger/segment.h"

namespace tg::ledger {
namespace {

using namespace std::chrono_literals;

// A call stands in the ledger well within a second of its end; looking more often would write the
// same pages of the rollups more often.
constexpr auto kLookInterval = 250ms;
constexpr auto kRetryFirst = 100ms;
constexpr auto kRetryMost = 5'000ms;
// Tries at the end of the server; what then still fails is recovered at the next start.
constexpr int kTriesAtEnd = 5;

}  // namespace

// Follows one worker's journal, segment by segment.
class JournalFollower {
 public:
  JournalFollower(std::filesystem::path folder, std::uint32_t epoch, std::uint16_t worker)
      : folder_{std::move(folder)}, epoch_{epoch}, worker_{worker} {}

  // Adds settled calls to the batch until it is full or nothing more is there; true if it read.
  Result<bool> read(LedgerBatch& batch);
  // The batch is in the ledger: removes segments that nothing needs any more, oldest first.
  void remove_finished();

 private:
  Result<bool> open_next();
  void take(const Record& record, LedgerBatch& batch);
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const {
    return folder_ / file_name({epoch_, worker_, number});
  }

  const std::filesystem::path folder_;
  const std::uint32_t epoch_;
  const std::uint16_t worker_;
  std::optional<SegmentReader> reader_;
  std::uint64_t number_ = 0;      // of the segment that is read, or is next
  std::uint64_t first_kept_ = 0;  // the oldest one that was not removed
  std::unordered_map<std::uint64_t, std::uint64_t> open_;  // sequence → segment of its admission
};

Result<bool> JournalFollower::open_next() {
  auto reader = SegmentReader::open(path_of(number_));
  if (!reader && reader.error().code == Code::kNotFound) return false;
  if (!reader) return std::unexpected(reader.error());
  reader_ = std::move(*reader);
  return true;
}

Result<bool> JournalFollower::read(LedgerBatch& batch) {
  bool any = false;
  while (batch.events.size() < kBatchEventsMax) {
    if (!reader_) {
      TG_TRY(const auto opened, open_next());
      if (!opened) break;
    }
    // Asked before the record: a segment that was sealed before has nothing after its last one.
    const bool sealed = reader_->sealed();
    if (const auto record = reader_->next()) {
      take(*record, batch);
      any = true;
      continue;
    }
    if (!sealed) break;
    reader_.reset();
    ++number_;
  }
  if (any) {
    const auto offset = reader_ ? reader_->position() : 0;
    batch.positions.push_back(
        {.epoch = epoch_, .worker = worker_, .segment = number_, .offset = offset});
  }
  return any;
}

void JournalFollower::take(const Record& record, LedgerBatch& batch) {
  if (record.type == RecordType::kAdmitted) open_.emplace(record.sequence, number_);
  if (record.type != RecordType::kSettled) return;
  auto settled = parse_settled(record.payload);
  if (!settled) {
    // Still open, so its segment stays for the recovery.
    log(LogLevel::kError, "settled record that cannot be read",
        {{"epoch", epoch_}, {"worker", worker_}, {"sequence", record.sequence}});
    return;
  }
  open_.erase(record.sequence);
  batch.events.push_back({.id = {epoch_, worker_, record.sequence},
                          .admission = std::move(settled->admission),
                          .settlement = std::move(settled->settlement)});
}

void JournalFollower::remove_finished() {
  auto needed = number_;
  for (const auto& [sequence, segment] : open_) needed = std::min(needed, segment);
  for (; first_kept_ < needed; ++first_kept_) {
    std::error_code error;
    std::filesystem::remove(path_of(first_kept_), error);
    if (error) return;  // tried again after the next batch
  }
}

class Transfer::Impl {
 public:
  Impl(store::Database& database, const std::filesystem::path& folder, std::uint32_t epoch,
       std::uint16_t workers)
      : database_{database} {
    for (std::uint16_t worker = 0; worker < workers; ++worker) {
      followers_.emplace_back(folder, epoch, worker);
    }
  }

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

 private:
  enum class Step : std::uint8_t { kSome, kNothing, kGivenUp };

  void run();
  Step transfer_once();
  bool write_until_done(const LedgerBatch& batch);
  // False when the server ends.
  bool wait(std::chrono::milliseconds time);

  store::Database& database_;
  std::deque<JournalFollower> followers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::jthread thread_;
};

bool Transfer::Impl::wait(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Transfer::Impl::run() {
  for (;;) {
    // Whether the server ends is asked first: then everything that was written before is read.
    const bool goes_on = wait(0ms);
    const auto step = transfer_once();
    // What was read and not written must stay: nothing may be removed after it.
    if (step == Step::kGivenUp) return;
    if (step == Step::kSome) continue;
    if (!goes_on) return;
    (void)wait(kLookInterval);
  }
}

Transfer::Impl::Step Transfer::Impl::transfer_once() {
  LedgerBatch batch;
  bool any = false;
  for (auto& follower : followers_) {
    const auto read = follower.read(batch);
    if (!read) {
      log(LogLevel::kError, "journal cannot be read", {{"why", read.error().detail}});
      continue;
    }
    any = any || *read;
  }
  if (!batch.events.empty() && !write_until_done(batch)) return Step::kGivenUp;
  for (auto& follower : followers_) follower.remove_finished();
  return any ? Step::kSome : Step::kNothing;
}

bool Transfer::Impl::write_until_done(const LedgerBatch& batch) {
  auto pause = std::chrono::milliseconds{kRetryFirst};
  int tries_at_end = 0;
  for (;;) {
    const auto written = write_ledger(database_, batch);
    if (written) return true;
    log(LogLevel::kError, "calls not written to the ledger; the journal keeps them",
        {{"why", name(written.error().code)}, {"calls", batch.events.size()}});
    if (!wait(pause) && ++tries_at_end >= kTriesAtEnd) return false;
    pause = std::min<std::chrono::milliseconds>(pause * 2, kRetryMost);
  }
}

Transfer::Transfer(store::Database& database, const std::filesystem::path& folder,
                   std::uint32_t epoch, std::uint16_t workers)
    : impl_{std::make_unique<Impl>(database, folder, epoch, workers)} {}

Transfer::~Transfer() { impl_->stop(); }

void Transfer::start() { impl_->start(); }

void Transfer::stop() { impl_->stop(); }

}  // namespace tg::ledger
