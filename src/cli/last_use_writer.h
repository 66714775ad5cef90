// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "keys/key_table.h"
#include "store/database.h"

// Writes the keys' last uses, and the networks that they are used from, out of the key table into
// the database, every few seconds and at the end: what the console shows after a restart.
//
// Threading:  a thread of its own. start() and stop() from the thread of `serve`.
// Loses:      after a kill -9, the uses of the last five seconds; the ledger has the calls.
namespace tg::cli {

class LastUseWriter {
 public:
  LastUseWriter(store::Database& database, keys::KeyTable& keys)
      : database_{database}, keys_{keys} {}
  ~LastUseWriter() { stop(); }
  LastUseWriter(const LastUseWriter&) = delete;
  LastUseWriter& operator=(const LastUseWriter&) = delete;

  void start();
  void stop();

 private:
  void run();
  void write_uses();
  void write_networks();

  store::Database& database_;
  keys::KeyTable& keys_;
  std::int64_t written_until_unix_ms_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace tg::cli
