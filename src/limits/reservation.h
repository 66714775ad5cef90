// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "limits/inline_list.h"
#include "limits/limit.h"

// One call's holds on every limit above it: all of them, or none.
//
// Threading:  one per call, used by its worker; the limits below are shared.
// Lifetime:   the sets outlive it.
// Limits:     at most 8 sets. Up to 8 limits it allocates nothing; without limits it does nothing.
// Invariant:  what was held is settled or released exactly once; the destructor checks that.
namespace tg::limits {

struct Amounts {
  NanoUsd money;
  std::int64_t tokens = 0;
  std::int64_t requests = 1;
  std::int64_t images = 0;
  std::int64_t audio_bytes = 0;

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
  using Clock = WallTime (*)();

  Reservation() = default;
  ~Reservation();
  // Whoever is moved from holds nothing.
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&&) = delete;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  // Narrowest first, undone in reverse if one refuses, and then tried once more as a whole, because
  // a call that was just being undone may have been in the way. `now` is read by the caller and
  // moved on (by `clock`) where a period ended meanwhile: it is then the call's instant of
  // admission.
  [[nodiscard]] std::optional<Refused> try_hold(std::span<const LimitSet* const> sets,
                                                std::string_view model, const Claim& claim,
                                                WallTime& now, Clock clock = wall_now);
  // More money and tokens for limits that trusted the upstream at try_hold() (the others hold
  // everything already): all or nothing. Concurrency and requests do not grow.
  [[nodiscard]] std::optional<Refused> try_grow(const Amounts& more, WallTime now = wall_now());

  // The holds of a call that an earlier server admitted, on limits that do not refuse yet. A limit
  // whose period has ended since is not held; what is used still counts where it belongs.
  void hold_again(std::span<const LimitSet* const> sets, std::string_view model,
                  const Amounts& amounts, WallTime admitted, WallTime now);
  // The call goes on without its client: it is not at once with others any more. From now on the
  // model's name is the one given, whose text outlives this.
  void go_on(std::string_view model) noexcept;

  // What was used, on every limit that is held and on those that were set since.
  void settle(const Amounts& used) noexcept;
  // Nothing was used.
  void release() noexcept;

  // The least that is left on any refusing limit that counts this metric and trusts the upstream,
  // without this call's own holds; nullopt: none does.
  [[nodiscard]] static std::optional<std::int64_t> least_left(std::span<const LimitSet* const> sets,
                                                              std::string_view model, Metric metric,
                                                              WallTime now);
  // Of the refusing limits that count this metric and open again by themselves, the one with the
  // least left; nullopt: there is none.
  struct Standing {
    const Limit* limit;
    Reading reading;
  };
  [[nodiscard]] static std::optional<Standing> tightest(std::span<const LimitSet* const> sets,
                                                        std::string_view model, Metric metric,
                                                        WallTime now);
  // Whether a limit that trusts no upstream holds for such a call.
  [[nodiscard]] static bool any_untrusting(std::span<const LimitSet* const> sets,
                                           std::string_view model) noexcept;

 private:
  // Key, user or service account, project, organization, and as many again.
  static constexpr std::size_t kLevelsMax = 8;
  static constexpr std::size_t kLimitsInline = 8;

  struct Entry {
    Limit* limit;
    Hold hold;
    std::uint32_t level;
    bool grows;
  };
  // A set, and which of its lists was held: a set whose list is still the same has no new limit.
  struct Level {
    const LimitSet* set;
    Limit* const* list;
  };
  Verdict hold_once(std::string_view model, const Claim& claim, WallTime now, Refused& refused);
  Verdict hold_level(std::span<Limit* const> limits, std::size_t level, std::string_view model,
                     const Claim& claim, WallTime now, Refused& refused);
  void undo_holds() noexcept;
  void undo_growth(std::size_t entries, const Amounts& more) noexcept;
  [[nodiscard]] bool holds_on(const Limit* limit) const noexcept;
  void add_to_new_limits(const Level& level, const Amounts& used) const noexcept;

  std::array<Level, kLevelsMax> levels_;
  std::size_t level_count_ = 0;
  InlineList<Entry, kLimitsInline> entries_;
  std::string_view model_;  // the caller's, as long as this
  WallTime admitted_;
  bool open_ = false;
};

}  // namespace tg::limits
