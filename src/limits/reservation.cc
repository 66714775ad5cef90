// SPDX-License-Identifier: Apache-2.0
#include "limits/reservation.h"

#include <algorithm>
#include <utility>

namespace tg::limits {
namespace {

constexpr int kTriesMax = 16;  // other calls come and go while one is refused
// A period ends once a minute at most, so two in a row are rare already; more mean that the clock
// and a limit disagree, and then the call is refused.
constexpr int kStaleMax = 8;

bool counts(const Limit& limit, std::string_view model) {
  const auto& rule = limit.rule();
  return rule.model.empty() || rule.model == model;
}

bool counts_what_upstream_tells(const Limit& limit) {
  const auto metric = limit.rule().metric;
  return metric == Metric::kMoney || metric == Metric::kTokens;
}

}  // namespace

std::int64_t Amounts::of(Metric metric) const noexcept {
  switch (metric) {
    case Metric::kMoney: return money.count();
    case Metric::kTokens: return tokens;
    case Metric::kRequests: return requests;
    case Metric::kConcurrency: return 1;
    case Metric::kImages: return images;
    case Metric::kAudio: return audio_bytes;
  }
  return 1;
}

Reservation::~Reservation() { TG_DCHECK(!open_); }

Reservation::Reservation(Reservation&& other) noexcept
    : levels_{other.levels_},
      level_count_{other.level_count_},
      entries_{std::move(other.entries_)},
      model_{other.model_},
      admitted_{other.admitted_},
      open_{std::exchange(other.open_, false)} {
  other.entries_.clear();
}

void Reservation::hold_again(std::span<const LimitSet* const> sets, std::string_view model,
                             const Amounts& amounts, WallTime admitted, WallTime now) {
  TG_CHECK(!open_ && sets.size() <= kLevelsMax);
  level_count_ = sets.size();
  for (std::size_t level = 0; level < sets.size(); ++level) {
    const auto limits = sets[level]->limits();
    levels_[level] = {sets[level], nullptr};  // so that settle() adds to what is not held
    for (auto* const limit : limits) {
      const auto metric = limit->rule().metric;
      if (!counts(*limit, model) || metric == Metric::kConcurrency) continue;
      if (limit->counts_from(now) > admitted) continue;
      Entry entry{
          .limit = limit, .hold = {}, .level = static_cast<std::uint32_t>(level), .grows = false};
      // What has no period may still tell by when a call was let in what it is paid with.
      const auto held_at = limit->rule().period == Period::kTotal ? admitted : now;
      if (limit->try_hold(amounts.of(metric), held_at, entry.hold) == Verdict::kHeld) {
        entries_.push_back(entry);
      }
    }
  }
  model_ = model;
  admitted_ = admitted;
  open_ = true;
}

void Reservation::go_on(std::string_view model) noexcept {
  TG_CHECK(open_);
  model_ = model;
  InlineList<Entry, kLimitsInline> kept;
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    const auto& entry = entries_[at];
    if (entry.limit->rule().metric == Metric::kConcurrency) {
      entry.limit->settle(entry.hold, 0);
    } else {
      kept.push_back(entry);
    }
  }
  entries_ = std::move(kept);
}

std::optional<Refused> Reservation::try_hold(std::span<const LimitSet* const> sets,
                                             std::string_view model, const Claim& claim,
                                             WallTime& now, Clock clock) {
  TG_CHECK(!open_ && sets.size() <= kLevelsMax);
  level_count_ = sets.size();
  for (std::size_t level = 0; level < sets.size(); ++level) levels_[level] = {sets[level], nullptr};

  Refused refused;
  int refusals = 0;
  for (int stale = 0; stale < kStaleMax;) {
    switch (hold_once(model, claim, now, refused)) {
      case Verdict::kHeld:
        model_ = model;
        admitted_ = now;
        open_ = true;
        return std::nullopt;
      case Verdict::kRefused:
        // Once more in any case; and again where the room came while the refusal was written: who
        // is refused is told less than was asked for.
        if (++refusals >= kTriesMax) return refused;
        if (refusals > 1 && refused.reading.left() < refused.asked) return refused;
        break;
      case Verdict::kStale:
        now = std::max(now, clock());
        ++stale;
        break;
    }
  }
  return refused;
}

Verdict Reservation::hold_once(std::string_view model, const Claim& claim, WallTime now,
                               Refused& refused) {
  for (std::size_t level = 0; level < level_count_; ++level) {
    const auto limits = levels_[level].set->limits();
    levels_[level].list = limits.data();
    if (limits.empty()) continue;  // most owners have none
    const auto verdict = hold_level(limits, level, model, claim, now, refused);
    if (verdict == Verdict::kHeld) continue;
    undo_holds();
    return verdict;
  }
  return Verdict::kHeld;
}

Verdict Reservation::hold_level(std::span<Limit* const> limits, std::size_t level,
                                std::string_view model, const Claim& claim, WallTime now,
                                Refused& refused) {
  for (auto* const limit : limits) {
    if (!counts(*limit, model)) continue;
    const bool trusts = limit->trusts_upstream();
    const auto units = (trusts ? claim.bound : claim.untrusted).of(limit->rule().metric);
    // A call without images is none of an image limit's business, even of one that admits nothing;
    // and what is free stays usable when the money is gone.
    const auto metric = limit->rule().metric;
    if (units == 0 && (forgets(metric) || metric == Metric::kMoney)) continue;
    Entry entry{.limit = limit,
                .hold = {},
                .level = static_cast<std::uint32_t>(level),
                .grows = trusts && counts_what_upstream_tells(*limit)};
    const auto verdict = limit->try_hold(units, now, entry.hold);
    if (verdict != Verdict::kHeld) {
      refused = {.limit = limit, .level = level, .reading = limit->read(now), .asked = units};
      return verdict;
    }
    entries_.push_back(entry);
  }
  return Verdict::kHeld;
}

void Reservation::undo_holds() noexcept {
  while (entries_.size() > 0) {
    const auto& last = entries_[entries_.size() - 1];
    last.limit->settle(last.hold, 0);
    entries_.pop_back();
  }
}

std::optional<Refused> Reservation::try_grow(const Amounts& more, WallTime now) {
  TG_CHECK(open_);
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    auto& entry = entries_[at];
    const auto units = more.of(entry.limit->rule().metric);
    if (!entry.grows || entry.limit->try_grow(entry.hold, units, now)) continue;
    undo_growth(at, more);
    return Refused{.limit = entry.limit,
                   .level = entry.level,
                   .reading = entry.limit->read(now),
                   .asked = units};
  }
  return std::nullopt;
}

void Reservation::undo_growth(std::size_t entries, const Amounts& more) noexcept {
  while (entries-- > 0) {
    auto& entry = entries_[entries];
    if (entry.grows) entry.limit->shrink(entry.hold, more.of(entry.limit->rule().metric));
  }
}

void Reservation::settle(const Amounts& used) noexcept {
  TG_CHECK(open_);
  open_ = false;
  for (std::size_t level = 0; level < level_count_; ++level) {
    add_to_new_limits(levels_[level], used);
  }
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    const auto& entry = entries_[at];
    const auto metric = entry.limit->rule().metric;
    entry.limit->settle(entry.hold, metric == Metric::kConcurrency ? 0 : used.of(metric));
  }
  entries_.clear();
}

void Reservation::add_to_new_limits(const Level& level, const Amounts& used) const noexcept {
  const auto limits = level.set->limits();
  if (limits.data() == level.list) return;
  for (auto* const limit : limits) {
    if (!counts(*limit, model_) || holds_on(limit)) continue;
    limit->add(used.of(limit->rule().metric), admitted_);
  }
}

bool Reservation::holds_on(const Limit* limit) const noexcept {
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    if (entries_[at].limit == limit) return true;
  }
  return false;
}

void Reservation::release() noexcept {
  TG_CHECK(open_);
  open_ = false;
  undo_holds();
}

std::optional<std::int64_t> Reservation::least_left(std::span<const LimitSet* const> sets,
                                                    std::string_view model, Metric metric,
                                                    WallTime now) {
  std::optional<std::int64_t> least;
  for (const auto* set : sets) {
    for (const auto* limit : set->limits()) {
      if (limit->rule().metric != metric || !limit->refuses() || !limit->trusts_upstream() ||
          !counts(*limit, model)) {
        continue;
      }
      const auto left = limit->read(now).left();
      least = least ? std::min(*least, left) : left;
    }
  }
  return least;
}

std::optional<Reservation::Standing> Reservation::tightest(std::span<const LimitSet* const> sets,
                                                           std::string_view model, Metric metric,
                                                           WallTime now) {
  std::optional<Standing> tightest;
  for (const auto* set : sets) {
    for (const auto* limit : set->limits()) {
      const bool opens_again = limit->rule().period != Period::kTotal;
      if (limit->rule().metric != metric || !opens_again || !limit->refuses() ||
          !counts(*limit, model)) {
        continue;
      }
      const auto reading = limit->read(now);
      if (tightest && tightest->reading.left() <= reading.left()) continue;
      tightest = Standing{.limit = limit, .reading = reading};
    }
  }
  return tightest;
}

bool Reservation::any_untrusting(std::span<const LimitSet* const> sets,
                                 std::string_view model) noexcept {
  return std::ranges::any_of(sets, [&](const LimitSet* set) {
    return std::ranges::any_of(set->limits(), [&](const Limit* limit) {
      return !limit->trusts_upstream() && counts_what_upstream_tells(*limit) &&
             counts(*limit, model);
    });
  });
}

}  // namespace tg::limits
