// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_cover.h"

#include <algorithm>

namespace tg::ledger {
namespace {

// An hour's block has nearly as many rows as its four quarters together.
constexpr Grain kShortestCut = Grain::kDay;

Minute first_at_or_after(Grain grain, Minute minute) {
  const auto begin = period_begin(grain, minute);
  return begin == minute ? begin : period_end(grain, minute);
}

class Cover {
 public:
  Cover(Grain grain, const Piece& piece, std::span<const Minute> bounds)
      : grain_{grain}, piece_{piece}, bounds_{bounds} {}

  std::vector<Periods> run() {
    find_edges();
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      if (grain_ >= kShortestCut) add_cut(i);
      if (i + 1 < edges_.size()) add_whole(edges_[i], edges_[i + 1]);
    }
    return std::move(periods_);
  }

 private:
  // The piece's own, and each bound in it that lies between two periods' beginnings.
  void find_edges() {
    edges_.push_back(piece_.from);
    if (!piece_.share) {
      for (auto bound = std::ranges::upper_bound(bounds_, piece_.from);
           bound != bounds_.end() && *bound < piece_.to; ++bound) {
        if (period_begin(grain_, *bound) != *bound) edges_.push_back(*bound);
      }
    }
    edges_.push_back(piece_.to);
  }

  void add_whole(Minute from, Minute to) {
    from = first_at_or_after(grain_, from);
    to = period_begin(grain_, to);
    if (from < to) periods_.push_back({.from = from, .to = to, .cut = {}});
  }

  // Beyond the piece's ends nothing counts.
  [[nodiscard]] Share share_of(bool is_inside, Minute minute) const {
    if (!is_inside) return {};
    return piece_.share.value_or(Share{.to = bucket_of(bounds_, minute)});
  }

  void add_cut(std::size_t edge) {
    const auto at = edges_[edge];
    const auto begin = period_begin(grain_, at);
    const auto end = period_end(grain_, at);
    const bool before = edge > 0;
    const bool after = edge + 1 < edges_.size();
    if (begin == at || (before && edges_[edge - 1] > begin) || (after && edges_[edge + 1] < end)) {
      return;
    }
    const auto left = share_of(before, at - 1);
    const auto right = share_of(after, at);
    const bool keeps_left = before && (!after || at - begin > end - at);
    const auto kept = keeps_left ? at - begin : end - at;
    const auto aside = end - begin - kept;
    // Where only one side counts, it can be read alone.
    if (!(before && after) && 2 * aside > kept) return;
    periods_.push_back(
        {.from = begin,
         .to = end,
         .cut = Periods::Cut{.share = keeps_left ? left : right,
                             .aside = keeps_left ? Piece{at, end, moved(right, left)}
                                                 : Piece{begin, at, moved(left, right)}}});
  }

  // What the block counts as is taken from the side that counts otherwise. A piece with a share
  // lies in one period that one bound cuts, so none cuts it again.
  static Share moved(const Share& is, const Share& counted_as) {
    if (is.to == kNoBucket) return {.to = counted_as.from, .from = counted_as.to};
    return {.to = is.to, .from = counted_as.to};
  }

  const Grain grain_;
  const Piece& piece_;
  const std::span<const Minute> bounds_;
  std::vector<Minute> edges_;
  std::vector<Periods> periods_;
};

}  // namespace

std::uint32_t bucket_of(std::span<const Minute> bounds, Minute minute) {
  const auto after = std::ranges::upper_bound(bounds, minute);
  if (after == bounds.begin() || after == bounds.end()) return kNoBucket;
  return static_cast<std::uint32_t>(after - bounds.begin() - 1);
}

std::vector<Periods> cover(Grain grain, const Piece& piece, std::span<const Minute> bounds) {
  return Cover{grain, piece, bounds}.run();
}

}  // namespace tg::ledger
