// SPDX-License-Identifier: Apache-2.0
#include "cli/last_use_writer.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "identity/keys.h"

namespace tg::cli {
namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

void LastUseWriter::start() {
  thread_ = std::jthread{[this] { run(); }};
}

void LastUseWriter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void LastUseWriter::run() {
  std::unique_lock lock{mutex_};
  while (!stopped_.wait_for(lock, kInterval, [this] { return stopping_; })) write();
  write();
}

void LastUseWriter::write() {
  std::vector<identity::KeyUse> uses;
  auto newest = written_until_unix_ms_;
  keys_.for_each([&](const keys::Key& key) {
    const auto used = key.last_used_unix_ms.load(std::memory_order_relaxed);
    // Uses of the same millisecond may come after this look: they are written twice, not lost.
    if (used < written_until_unix_ms_ || used == 0) return;
    uses.push_back({key.id, used});
    newest = std::max(newest, used);
  });
  if (uses.empty()) return;
  if (const auto done = identity::touch_last_used(database_, uses); !done) {
    log(LogLevel::kWarning, "last uses not written", {{"why", name(done.error().code)}});
    return;
  }
  written_until_unix_ms_ = newest;
}

}  // namespace tg::cli
