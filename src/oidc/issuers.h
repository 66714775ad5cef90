// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "oidc/fetch.h"
#include "oidc/key_set.h"

// The keys of the issuers that tokens come from, fetched when they are wanted and kept. Nobody
// waits for an issuer on a thread of somebody else: who asks is called when the keys are here.
//
//   fresh   up to 10 minutes: taken as they are; then still taken, and fetched anew meanwhile.
//   kept    up to 4 hours, for as long as the issuer cannot be reached; then they are no more.
//   rotated a token that names an unknown key has them fetched anew, three times in a minute.
//   away    who comes within 5 seconds of a failure is told the same at once.
//
// Threading:  keys() from any thread; `then` runs on the caller's, or on one of four of ours.
// Limits:     256 issuers (the longest unused goes first); 256 who wait for one, 1,024 in all; one
//             fetch at a time for each owner, so that a slow issuer holds up its own owner only.
// Lifetime:   what `then` refers to outlives this; the destructor drops who still waits.
// Errors:     fetch_keys()'s; kOverloaded: too many wait.
namespace tg::oidc {

class Issuers {
 public:
  using Keys = std::shared_ptr<const KeySet>;
  using Then = std::move_only_function<void(Result<Keys>)>;
  using Fetch = std::function<Result<KeySet>(const Source&, const std::atomic<bool>& stopping)>;
  using Clock = std::function<SteadyTime()>;

  explicit Issuers(Fetch fetch, Clock clock = [] { return std::chrono::steady_clock::now(); });
  ~Issuers();
  Issuers(const Issuers&) = delete;
  Issuers& operator=(const Issuers&) = delete;

  void keys(const Source& source, std::string_view key_id, Then then);

 private:
  struct Entry {
    Keys keys;
    SteadyTime fetched_at{};
    SteadyTime asked_at{};
    bool failed = false;
    Error failure{};
    SteadyTime failed_at{};
    bool fetching = false;
    std::vector<SteadyTime> looked_again;  // for keys that were unknown
    std::vector<Then> waiting;
  };
  enum class Answer : std::uint8_t { kKeys, kFailure, kOverloaded, kLater };

  [[nodiscard]] Answer answer_locked(Entry& entry, const Source& source, std::string_view key_id);
  [[nodiscard]] bool may_look_again_locked(Entry& entry, SteadyTime now);
  void fetch_locked(Entry& entry, const Source& source);
  void make_room_locked();
  [[nodiscard]] std::deque<Source>::iterator next_locked();
  void work();
  void finish(const Source& source, Result<KeySet> fetched);

  const Fetch fetch_;
  const Clock clock_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Source, Entry> entries_;
  std::deque<Source> queue_;
  std::vector<std::string> running_;  // whose fetches run
  std::size_t waiting_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace tg::oidc
