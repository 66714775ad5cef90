// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/limit.h"

// So much per period, spread evenly, with a burst of one period's amount (GCRA, the
// virtual-scheduling form of ITU-T I.371). It remembers one number: when the bucket will be full
// again. A hold moves that on by the time in which its units flow back.
//
// What a call held and did not use goes back as far as it has not flowed back by itself: a call
// that ran for a minute has already made room for others in that minute, and giving the same room
// twice would let more than a burst through at once. With arrivals at a ≥ the hold's instant t, its
// cost c is still whole in the bucket for max(0, t + c − a) at least, whatever else happened; so no
// more is given back, with the latest arrival for a.
//
// Threading:  as Limit; one compare-and-swap.
// Precision:  each operation is rounded up to a nanosecond, so the limit errs on the strict side.
// Amount:     a change keeps the units that are in the bucket. What was held before it may give
// back
//             more by what had flowed back between both, if the amount is lowered.
// Soft:       remembers two periods' amounts at most, so that a limit which becomes hard is usable.
namespace tg::limits {

class RateLimit final : public Limit {
 public:
  explicit RateLimit(const Rule& rule);

  [[nodiscard]] Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept override;
  [[nodiscard]] bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept override;
  void shrink(Hold& hold, std::int64_t units) noexcept override;
  void settle(const Hold& hold, std::int64_t used) noexcept override;
  void add(std::int64_t used, WallTime admitted) noexcept override;
  // What is in the bucket is told as spent: it cannot say whose it is.
  [[nodiscard]] Reading read(WallTime now) const noexcept override;
  [[nodiscard]] WallTime counts_from(WallTime now) const noexcept override;

 private:
  void rescale(std::int64_t before, std::int64_t after, WallTime now) noexcept override;
  [[nodiscard]] bool try_take(std::int64_t units, std::int64_t now_ns) noexcept;
  void take(std::int64_t units, std::int64_t at_ns) noexcept;
  void give_back(const Hold& hold, std::int64_t units) noexcept;
  // The time in which so many units flow back.
  [[nodiscard]] std::int64_t time_up(std::int64_t units) const noexcept;
  [[nodiscard]] std::int64_t time_down(std::int64_t units) const noexcept;

  const std::int64_t period_ns_;
  std::atomic<std::int64_t> full_again_ns_{0};  // since 1970
  std::atomic<std::int64_t> latest_ns_{0};      // arrival
};

}  // namespace tg::limits
