// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "limits/rule.h"

// A rule's live counter. `spent` is settled, `held` is reserved by running calls; a hard limit
// keeps spent + held ≤ amount at every instant, whatever the concurrency.
//
// A call belongs to the instant of its admission: it is held, grown and settled in the period that
// held it, however long it runs. Periods have counters of their own, and the clock chooses: a reset
// writes nothing.
//
// Threading:  try_hold(), try_grow() and settle() from all workers, without a lock. set_amount(),
//             restore() and start_enforcing() from control threads.
// Lifetime:   never moved; outlives every Hold.
// Errors:     none; what declines says so, and changes nothing.
// Invariant:  an amount set below what is committed admits nothing more and undoes nothing.
namespace tg::limits {

// What a call has in one limit's counter.
struct Hold {
  void* counter = nullptr;      // the limit's own; not used again while somebody holds on it
  std::int64_t generation = 0;  // of rates, which have no counters: when it was held
  std::int64_t units = 0;
};

struct Reading {
  std::int64_t spent = 0;
  std::int64_t held = 0;
  std::int64_t amount = 0;
  WallTime resets_at;  // WallTime::max(): never. Of rolling windows: when something leaves
                       // (the oldest counter's end); of rates: when it is full again.
  [[nodiscard]] std::int64_t left() const {
    const auto rest = amount - spent - held;
    return rest > 0 ? rest : 0;
  }
};

enum class Verdict : std::uint8_t {
  kHeld,
  kRefused,
  kStale,  // the period of `now` has ended meanwhile: look at the clock again
};

class Limit {
 public:
  // kFieldInvalid: see check(Rule). Not yet enforced: it counts, and refuses nothing.
  [[nodiscard]] static Result<std::unique_ptr<Limit>> make(const Rule& rule);
  virtual ~Limit() = default;
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

  [[nodiscard]] const Rule& rule() const noexcept { return rule_; }  // but for the amount
  [[nodiscard]] std::int64_t amount() const noexcept {
    return amount_.load(std::memory_order_relaxed);
  }
  // Whether try_hold() and try_grow() refuse: hard, and started.
  [[nodiscard]] bool refuses() const noexcept {
    return hard_.load(std::memory_order_relaxed) && started_.load(std::memory_order_relaxed);
  }
  void set_amount(std::int64_t amount, WallTime now = wall_now()) noexcept;
  void set_hard(bool hard) noexcept;
  void set_trusts_upstream(bool trusts) noexcept;
  [[nodiscard]] bool trusts_upstream() const noexcept {
    return trusts_upstream_.load(std::memory_order_relaxed);
  }
  // After restore(), or where there was nothing to restore.
  void start_enforcing() noexcept;

  // A hold of `units` ≥ 0 in the period of `now`.
  [[nodiscard]] virtual Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept = 0;
  // More in the same period; false: refused, and the hold is as it was. `now` matters to rates
  // only.
  [[nodiscard]] virtual bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept = 0;
  // Takes a growth back, because another limit refused it.
  virtual void shrink(Hold& hold, std::int64_t units) noexcept = 0;
  // What was used takes the hold's place; it may be more, where an upstream broke its word. 0:
  // nothing was used, as when a call is refused by another limit. (Concurrency: always 0.)
  virtual void settle(const Hold& hold, std::int64_t used) noexcept = 0;
  // A call that was admitted before this limit was there, and is settled after it. `admitted` is
  // not in the future; what does not count any more is ignored.
  virtual void add(std::int64_t used, WallTime admitted) noexcept = 0;

  [[nodiscard]] virtual Reading read(WallTime now) const noexcept = 0;

  // What the ledger knows: calls admitted in [begin, end) have used so much. Adds to what has been
  // counted meanwhile. An interval counts as if all of it had been used at its last instant (at
  // `now`, if that comes before); intervals that do not count any more are ignored.
  void restore(WallTime begin, WallTime end, std::int64_t used, WallTime now = wall_now()) noexcept;
  // From when on the ledger's calls still count at `now`.
  [[nodiscard]] virtual WallTime counts_from(WallTime now) const noexcept = 0;

 protected:
  explicit Limit(const Rule& rule);

  // Adds to a counter's word: where this limit refuses, only what leaves it within the amount.
  [[nodiscard]] bool commit(std::atomic<std::int64_t>& word, std::int64_t units) const noexcept;

 private:
  // The amount changes, for limits whose counter is not in units.
  virtual void rescale(std::int64_t before, std::int64_t after, WallTime now) noexcept;

  const Rule rule_;
  std::atomic<std::int64_t> amount_;
  std::atomic<bool> hard_;
  std::atomic<bool> started_{false};
  std::atomic<bool> trusts_upstream_;
};

// The limits of one key, user, service account, project or organization.
//
// Threading:  limits() from any worker, without a lock; add() and remove() from control threads,
//             one at a time.
// Lifetime:   lists that were replaced and limits that were removed stay as long as the set: a
//             running call may hold on them.
class LimitSet {
 public:
  LimitSet() noexcept;
  ~LimitSet();
  LimitSet(const LimitSet&) = delete;
  LimitSet& operator=(const LimitSet&) = delete;

  [[nodiscard]] std::span<Limit* const> limits() const noexcept {
    const auto* list = current_.load(std::memory_order_acquire);
    if (list == nullptr) return {};
    return *list;
  }

  Limit& add(std::unique_ptr<Limit> limit);
  // False where there is none of this id.
  bool remove(std::string_view limit_id);
  [[nodiscard]] Limit* find(std::string_view limit_id) const noexcept;

 private:
  struct State;
  void publish(std::vector<Limit*> list);

  std::atomic<const std::vector<Limit*>*> current_{nullptr};
  std::unique_ptr<State> state_;  // made with the first limit: most keys have none
};

}  // namespace tg::limits
