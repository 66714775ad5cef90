// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log_lines.h"
#include "base/metrics.h"
#include "gateway/call_lines.h"

// Writes what the workers have to say of their calls into the log, on a thread of its own: a worker
// neither makes a line nor waits for whoever reads the log.
//
// Threading:  follow(), start() and stop() by the thread that wires the process; hurry() by any.
// Limits:     a line is written within 200 ms of its call, where the log's reader keeps up.
namespace tg::gateway {

class CallLog {
 public:
  CallLog() = default;
  ~CallLog() { stop(); }
  CallLog(const CallLog&) = delete;
  CallLog& operator=(const CallLog&) = delete;

  // Before start(). `lines` stays until stop(); `lost` is how many lines its worker left out.
  void follow(CallLines& lines, const Count& lost) { sources_.push_back({&lines, &lost}); }
  void start();
  // Once the workers have ended: writes what is left.
  void stop();
  // Half of a ring is full.
  void hurry() noexcept { wake_.notify_one(); }

 private:
  struct Source {
    CallLines* lines;
    const Count* lost;
    std::int64_t told_lost = 0;
  };
  void run();
  void write_all();
  [[nodiscard]] bool write_lines(Source& source);
  void append(const CallLine& line);
  void write_lost(Source& source);

  std::vector<Source> sources_;
  LogLines log_;
  std::vector<LogField> fields_;  // of the line that is made
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace tg::gateway
