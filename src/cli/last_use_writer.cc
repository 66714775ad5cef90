// SPDX-License-Identifier: Apache-2.0
#include "cli/last_use_writer.h"

#include <pthread.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/give_way.h"
#include "base/log.h"
#include "identity/keys.h"

namespace tg::cli {
namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

void LastUseWriter::start() {
  thread_ = std::jthread{[this] { run(); }};
  ::pthread_setname_np(thread_.native_handle(), "last-use");
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
  const GivingWay gives{true};
  std::unique_lock lock{mutex_};
  const auto write = [this] {
    write_uses();
    write_networks();
  };
  while (!stopped_.wait_for(lock, kInterval, [this] { return stopping_; })) write();
  write();
}

void LastUseWriter::write_uses() {
  std::vector<identity::KeyUse> uses;
  auto newest = written_until_unix_ms_;
  const auto add = [&](const keys::Secret& secret) {
    const auto used = secret.last_used_unix_ms.load(std::memory_order_relaxed);
    // Uses of the same millisecond may come after this look: they are written twice, not lost.
    if (used < written_until_unix_ms_ || used == 0) return;
    const auto* origin = secret.last_origin.load(std::memory_order_relaxed);
    uses.push_back({.id = KeyId{secret.key->id.str()},
                    .digest = secret.digest,
                    .unix_ms = used,
                    .address = origin == nullptr ? "" : origin->address,
                    .client = origin == nullptr ? "" : origin->client});
    newest = std::max(newest, used);
  };
  keys_.for_each([&](const keys::Key& key) {
    for (const auto* secret = key.newest.load(std::memory_order_acquire); secret != nullptr;
         secret = secret->older) {
      add(*secret);
    }
  });
  if (uses.empty()) return;
  if (const auto done = identity::touch_last_used(database_, uses); !done) {
    log(LogLevel::kWarning, "last uses not written", {{"why", name(done.error().code)}});
    return;
  }
  written_until_unix_ms_ = newest;
}

void LastUseWriter::write_networks() {
  std::vector<identity::KeySighting> sightings;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& [key, origin] : keys_.origins().take()) {
    if (origin->network.empty()) continue;
    if (!seen.emplace(key->id.view(), origin->network).second) continue;
    sightings.push_back({.id = KeyId{key->id.str()}, .network = origin->network});
  }
  if (const auto done = identity::note_sightings(database_, sightings); !done) {
    log(LogLevel::kWarning, "networks of keys not written", {{"why", name(done.error().code)}});
  }
}

}  // namespace tg::cli
