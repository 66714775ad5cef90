// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "ledger/segment.h"

namespace tg::ledger {

class JournalSync::Impl {
 public:
  Impl(std::filesystem::path folder, std::chrono::milliseconds interval)
      : folder_{std::move(folder)}, interval_{interval} {}

  void start() {
    thread_ = std::thread{[this] { run(); }};
  }

  void stop() {
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Watched {
    SegmentReader reader;
    std::uint64_t synced_bytes = 0;
    bool failed = false;
    bool there = true;
  };

  void run() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      lock.unlock();
      sync_all();
      lock.lock();
      wake_.wait_for(lock, interval_, [this] { return stopping_; });
    }
    lock.unlock();
    sync_all();
  }

  void sync_all() {
    look();
    for (auto& [name, watched] : watched_) sync(name, watched);
  }

  // Finds new segments, lets go of those that were transferred.
  void look() {
    bool found_new = false;
    for (auto& [name, watched] : watched_) watched.there = false;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder_, error}) {
      const auto name = entry.path().filename().string();
      if (!parse_file_name(name)) continue;
      if (const auto known = watched_.find(name); known != watched_.end()) {
        known->second.there = true;
      } else if (auto reader = SegmentReader::open(entry.path())) {
        watched_.emplace(name, Watched{.reader = *std::move(reader)});
        found_new = true;
      }
    }
    std::erase_if(watched_, [](const auto& item) { return !item.second.there; });
    if (found_new) sync_folder();
  }

  // A file's name must last as well as what is in it.
  void sync_folder() {
    const FileDescriptor folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder.valid() || ::fsync(folder.get()) != 0) {
      log(LogLevel::kError, "cannot sync the journal's folder", {{"errno", errno}});
    }
  }

  void sync(const std::string& name, Watched& watched) {
    const auto written_bytes = watched.reader.written_bytes();
    if (written_bytes == watched.synced_bytes) return;
    if (::fdatasync(watched.reader.fd()) == 0) {
      watched.synced_bytes = written_bytes;
    } else if (!watched.failed) {
      watched.failed = true;
      log(LogLevel::kError, "cannot sync a journal segment", {{"file", name}, {"errno", errno}});
    }
  }

  const std::filesystem::path folder_;
  const std::chrono::milliseconds interval_;
  std::map<std::string, Watched> watched_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

JournalSync::JournalSync(std::filesystem::path folder, std::chrono::milliseconds interval)
    : impl_{std::make_unique<Impl>(std::move(folder), interval)} {}
JournalSync::~JournalSync() { stop(); }
void JournalSync::start() { impl_->start(); }
void JournalSync::stop() { impl_->stop(); }

}  // namespace tg::ledger
