// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal_sync.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace tg::ledger {

Result<void> SyncPass::run() {
  auto seen = look();
  if (!seen && !unseen_) {
    log(LogLevel::kError, "journal segments cannot be opened for their sync",
        {{"why", seen.error().detail}, {"errno", seen.error().system_errno}});
  }
  unseen_ = !seen;
  sync_segments();
  // A file's name must last as well as what is in it.
  if (folder_changed_) sync_folder();
  if (broken_) return std::unexpected(*broken_);
  return seen;
}

// Finds new segments, lets go of those that were transferred.
Result<void> SyncPass::look() {
  auto names = disk_.list(folder_);
  if (!names && names.error().code == Code::kNotFound) return {};
  if (!names) return std::unexpected(names.error());
  for (auto& [name, watched] : watched_) watched.there = false;
  Result<void> all;
  for (const auto& name : *names) {
    if (!parse_file_name(name)) continue;
    if (const auto known = watched_.find(name); known != watched_.end()) {
      known->second.there = true;
    } else if (auto watching = watch(name); !watching) {
      all = watching;
    }
  }
  std::erase_if(watched_, [](const auto& item) { return !item.second.there; });
  return all;
}

Result<void> SyncPass::watch(const std::string& name) {
  auto reader = SegmentReader::open(disk_, folder_ / name);
  if (!reader && reader.error().code == Code::kNotFound) return {};  // transferred meanwhile
  if (!reader) return std::unexpected(reader.error());
  watched_.emplace(name, Watched{.reader = *std::move(reader)});
  folder_changed_ = true;
  return {};
}

void SyncPass::sync_segments() {
  for (auto& [name, watched] : watched_) {
    const auto written_bytes = watched.reader.written_bytes();
    if (written_bytes == watched.synced_bytes) continue;
    if (const auto synced = watched.reader.sync(); synced) {
      watched.synced_bytes = written_bytes;
    } else {
      note_failure("cannot sync a journal segment", name, synced.error());
    }
  }
}

void SyncPass::sync_folder() {
  if (const auto synced = disk_.sync_folder(folder_); synced) {
    folder_changed_ = false;
  } else {
    note_failure("cannot sync the journal's folder", folder_.string(), synced.error());
  }
}

void SyncPass::note_failure(const char* message, const std::string& file, const Error& error) {
  if (broken_) return;
  broken_ = Error{Code::kIo, message, error.system_errno};
  log(LogLevel::kError, message, {{"file", file}, {"errno", error.system_errno}});
}

class JournalSync::Impl {
 public:
  Impl(std::filesystem::path folder, std::chrono::milliseconds interval, Disk& disk)
      : interval_{interval}, pass_{disk, std::move(folder)} {}

  void start() {
    running_ = true;
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "sync");
  }

  void stop() {
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void after_sync(Done done) {
    std::unique_lock lock{mutex_};
    if (running_) {
      waiting_.push_back(std::move(done));
      lock.unlock();
      wake_.notify_one();
    } else {
      lock.unlock();
      done(fail(Code::kShuttingDown, "the journal's sync does not run"));
    }
  }

  [[nodiscard]] bool healthy() const noexcept { return healthy_; }

 private:
  void run() {
    std::unique_lock lock{mutex_};
    while (running_) {
      running_ = !stopping_;  // asked before the pass, which is then the last
      auto waiting = std::exchange(waiting_, {});
      lock.unlock();
      const auto synced = pass_.run();
      healthy_ = pass_.healthy();
      for (auto& done : waiting) done(synced);
      lock.lock();
      if (!running_) break;
      wake_.wait_for(lock, interval_, [this] { return stopping_ || !waiting_.empty(); });
    }
  }

  const std::chrono::milliseconds interval_;
  SyncPass pass_;  // the thread's
  std::atomic<bool> healthy_ = true;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Done> waiting_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

JournalSync::JournalSync(std::filesystem::path folder, std::chrono::milliseconds interval,
                         Disk& disk)
    : impl_{std::make_unique<Impl>(std::move(folder), interval, disk)} {}
JournalSync::~JournalSync() { stop(); }
void JournalSync::start() { impl_->start(); }
void JournalSync::stop() { impl_->stop(); }
void JournalSync::after_sync(Done done) { impl_->after_sync(std::move(done)); }
bool JournalSync::healthy() const noexcept { return impl_->healthy(); }

}  // namespace tg::ledger
