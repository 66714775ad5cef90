// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "limits/limit.h"

// One call's holds on every limit above it: all of them, or none.
//
// Threading:  one per call, used by its worker; the limits below are shared.
// Lifetime:   the sets outlive it.
// Invariant:  what was held is settled or released exactly once; the destructor checks that.
namespace tg::limits {

struct Amounts {
  NanoUsd money;
  std::int64_t tokens = 0;
  std::int64_t requests = 1;

  // Of the metric that a rule counts; 1 for concurrency.
  [[nodiscard]] std::int64_t of(Metric metric) const noexcept;
};

struct Claim {
  Amounts bound;      // the most that the call can use, if the upstream keeps its word
  Amounts untrusted;  // the most that its model can use at all
};

// Which limit refused, and how it stood then.
struct Refused {
  const Limit* limit = nullptr;
  std::size_t level = 0;  // of `sets`
  Reading reading;
  std::int64_t asked = 0;
};

class Reservation {
 public:
  Reservation() = default;
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  // Narrowest first, undone in reverse if one refuses, and then tried once more as a whole, because
  // a call that was just being undone may have been in the way. `now` is read by the caller and
  // moved on where a period ended meanwhile: it is then the call's instant of admission.
  [[nodiscard]] std::optional<Refused> try_hold(std::span<const LimitSet* const> sets,
                                                std::string_view model, const Claim& claim,
                                                WallTime& now);
  // More money and tokens for limits that trust the upstream (the others hold everything already):
  // all or nothing. Concurrency and requests do not grow.
  [[nodiscard]] std::optional<Refused> try_grow(const Amounts& more);

  // What was used, on every limit that is held and on those that were set since.
  void settle(const Amounts& used) noexcept;
  // Nothing was used.
  void release() noexcept;

  // The least that is left on any refusing limit that counts this metric and trusts the upstream,
  // without this call's own holds; nullopt: none does.
  [[nodiscard]] static std::optional<std::int64_t> least_left(
      std::span<const LimitSet* const> sets, std::string_view model, Metric metric, WallTime now);
  // Whether a limit that trusts no upstream holds for such a call.
  [[nodiscard]] static bool any_untrusting(std::span<const LimitSet* const> sets,
                                           std::string_view model) noexcept;

 private:
  struct Entry {
    Limit* limit;
    Hold hold;
    std::size_t level;
  };
  std::optional<Refused> hold_once(std::string_view model, const Claim& claim, WallTime& now);

  std::vector<const LimitSet*> sets_;
  std::vector<Entry> entries_;
  std::string_view model_;  // the caller's, as long as this
  WallTime admitted_;
  bool open_ = false;
};

}  // namespace tg::limits
