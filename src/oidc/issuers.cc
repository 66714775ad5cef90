// SPDX-License-Identifier: Apache-2.0
#include "oidc/issuers.h"

#include <algorithm>
#include <utility>

namespace tg::oidc {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 4;
constexpr std::size_t kIssuersMax = 256;
constexpr std::size_t kWaitingForOneMax = 256;
constexpr std::size_t kWaitingMax = 1024;
constexpr auto kFresh = 10min;
constexpr auto kKept = 4h;
constexpr auto kPause = 5s;
constexpr auto kLookAgainWindow = 60s;
constexpr std::size_t kLookAgainMax = 3;

}  // namespace

Issuers::Issuers(Fetch fetch, Clock clock) : fetch_{std::move(fetch)}, clock_{std::move(clock)} {
  for (int number = 0; number < kThreads; ++number) threads_.emplace_back([this] { work(); });
}

Issuers::~Issuers() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool Issuers::may_look_again_locked(Entry& entry, SteadyTime now) {
  std::erase_if(entry.looked_again,
                [now](SteadyTime time) { return time <= now - kLookAgainWindow; });
  if (entry.looked_again.size() >= kLookAgainMax) return false;
  entry.looked_again.push_back(now);
  return true;
}

void Issuers::fetch_locked(Entry& entry, const Source& source) {
  entry.fetching = true;
  queue_.push_back(source);
  changed_.notify_one();
}

// Those that are being fetched have somebody who waits.
void Issuers::make_room_locked() {
  if (entries_.size() < kIssuersMax) return;
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.fetching) continue;
    if (oldest == entries_.end() || it->second.asked_at < oldest->second.asked_at) oldest = it;
  }
  if (oldest != entries_.end()) entries_.erase(oldest);
}

Issuers::Answer Issuers::answer_locked(Entry& entry, const Source& source,
                                       std::string_view key_id) {
  const auto now = clock_();
  entry.asked_at = now;
  const bool paused = entry.failed && now < entry.failed_at + kPause;
  const bool usable = entry.keys && now < entry.fetched_at + kKept;
  if (usable && entry.keys->has(key_id)) {
    if (now >= entry.fetched_at + kFresh && !entry.fetching && !paused) fetch_locked(entry, source);
    return Answer::kKeys;
  }
  if (!entry.fetching) {
    if (paused) return Answer::kFailure;
    // That no key is known by this name is an answer, too.
    if (usable && !may_look_again_locked(entry, now)) return Answer::kKeys;
  }
  if (entry.waiting.size() >= kWaitingForOneMax || waiting_ >= kWaitingMax) {
    return Answer::kOverloaded;
  }
  if (!entry.fetching) fetch_locked(entry, source);
  return Answer::kLater;
}

void Issuers::keys(const Source& source, std::string_view key_id, Then then) {
  Result<Keys> known = fail(Code::kOverloaded, "too many tokens wait for their issuers' keys");
  {
    const std::scoped_lock lock{mutex_};
    if (!entries_.contains(source)) make_room_locked();
    // All of them are being fetched: no room for one more.
    if (entries_.size() < kIssuersMax || entries_.contains(source)) {
      auto& entry = entries_[source];
      const auto answer = answer_locked(entry, source, key_id);
      if (answer == Answer::kLater) {
        entry.waiting.push_back(std::move(then));
        ++waiting_;
        return;
      }
      if (answer == Answer::kKeys) known = entry.keys;
      if (answer == Answer::kFailure) known = std::unexpected(entry.failure);
    }
  }
  then(std::move(known));
}

// The first whose owner has none running.
std::deque<Source>::iterator Issuers::next_locked() {
  return std::ranges::find_if(queue_, [this](const Source& source) {
    return std::ranges::find(running_, source.owner) == running_.end();
  });
}

void Issuers::work() {
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopping_ || next_locked() != queue_.end(); });
    if (stopping_) return;
    const auto next = next_locked();
    const auto source = std::move(*next);
    queue_.erase(next);
    running_.push_back(source.owner);
    lock.unlock();
    auto fetched = fetch_(source, stopping_);
    lock.lock();
    running_.erase(std::ranges::find(running_, source.owner));
    lock.unlock();
    changed_.notify_all();
    finish(source, std::move(fetched));
  }
}

void Issuers::finish(const Source& source, Result<KeySet> fetched) {
  Result<Keys> known = fail(Code::kInternal);
  std::vector<Then> waiting;
  {
    const std::scoped_lock lock{mutex_};
    if (stopping_) return;
    auto& entry = entries_[source];
    const auto now = clock_();
    entry.fetching = false;
    entry.failed = !fetched;
    if (fetched) {
      entry.keys = std::make_shared<const KeySet>(*std::move(fetched));
      entry.fetched_at = now;
      known = entry.keys;
    } else {
      entry.failure = fetched.error();
      entry.failed_at = now;
      known = std::unexpected(entry.failure);
    }
    waiting = std::exchange(entry.waiting, {});
    waiting_ -= waiting.size();
  }
  for (auto& then : waiting) then(known);
}

}  // namespace tg::oidc
