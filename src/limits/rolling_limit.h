// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "limits/counter.h"
#include "limits/limit.h"

// So much in the last so much time: a ring of 60 counters (slots) and one atomic total.
//
// A slot is a 59th of the window, so that the 60 of them which end now always cover it whole. A
// slot counts whole until it leaves: what the limit counts is never less than what the window
// holds, and at most a 59th of the window older.
//
// Threading:  as Limit. A slot leaves when its word is exchanged for kClosed; whoever does that
//             takes from the total what was in it, so it is taken once. What is settled later finds
//             the word closed and changes nothing. The total is never less than the sum of its open
//             slots: it is raised before a word and lowered after it.
//             The newest slot is raised before anything leaves, and a hold looks at it again after
//             it has added to the total: a call with an old `now`, whose window still had the slot
//             that left, cannot use the room that this made, and is told kStale.
namespace tg::limits {

class RollingLimit final : public Limit {
 public:
  explicit RollingLimit(const Rule& rule);

  [[nodiscard]] Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept override;
  [[nodiscard]] bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept override;
  void shrink(Hold& hold, std::int64_t units) noexcept override;
  void settle(const Hold& hold, std::int64_t used) noexcept override;
  void add(std::int64_t used, WallTime admitted) noexcept override;
  [[nodiscard]] Reading read(WallTime now) const noexcept override;
  [[nodiscard]] WallTime counts_from(WallTime now) const noexcept override;

 private:
  static constexpr std::size_t kSlots = 60;
  using Slot = std::atomic<Counter*>;  // has a reference on it

  [[nodiscard]] WallTime begin_of_slot(WallTime time) const noexcept;
  // Of the slot that has just left when the one beginning at `newest` is the newest.
  [[nodiscard]] WallTime begin_of_left(WallTime newest) const noexcept;
  [[nodiscard]] WallTime leaves_at(WallTime begin) const noexcept;
  [[nodiscard]] Slot& slot_at(WallTime begin) noexcept;
  // With a reference; null: its place in the ring has a later one.
  Counter* counter_of(WallTime begin) noexcept;
  // False: there is a newer one.
  bool advance(WallTime begin) noexcept;
  void close_what_left(WallTime newest) noexcept;
  void close(Counter& counter) noexcept;
  // False: the slot has left.
  bool change(Counter& counter, std::int64_t units) noexcept;

  const std::chrono::milliseconds slot_length_;
  std::atomic<WallTime> newest_{WallTime::min()};
  std::atomic<std::int64_t> total_{0};
  std::array<Slot, kSlots> ring_{};
  CounterPool counters_;
};

}  // namespace tg::limits
