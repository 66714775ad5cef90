// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/money.h"

// A total limit's live counter: spent (settled) and held (reserved by running calls) in one 64-bit
// word, so that spent + held ≤ limit at every instant, whatever the concurrency.
//
// Threading:  shared by all workers; compare-and-swap on one word, no lock. set_limit() and
//             restore() belong to control threads.
// Lifetime:   as long as the process; never moved.
// Errors:     none; try_hold() declines.
// Invariant:  a limit set below what is already committed admits nothing more and undoes nothing.
namespace tg::limits {

class Meter {
 public:
  Meter() = default;
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  [[nodiscard]] bool try_hold(NanoUsd amount) noexcept;
  // Undoes a hold of which nothing was spent.
  void release(NanoUsd held) noexcept;
  // The actual charge takes the hold's place; it may be larger when an upstream broke its word.
  void settle(NanoUsd held, NanoUsd charge) noexcept;

  // No value: no limit.
  void set_limit(std::optional<NanoUsd> limit) noexcept;
  [[nodiscard]] std::optional<NanoUsd> limit() const noexcept;

  // What the ledger knows at start.
  void restore(NanoUsd spent) noexcept;

  struct Reading {
    NanoUsd spent;
    NanoUsd held;
  };
  [[nodiscard]] Reading read() const noexcept;

 private:
  std::atomic<std::int64_t> limit_nanousd_{NanoUsd::max().count()};
  std::atomic<std::int64_t> committed_nanousd_{0};  // spent + held
  std::atomic<std::int64_t> spent_nanousd_{0};
};

}  // namespace tg::limits
