// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ledger/rollup_grain.h"

// Which blocks a question reads. A period that lies in one bucket is read as a whole. One that a
// bound cuts in two is read as a whole as well and counts in the bucket of its longer side; the
// shorter side is read beside it, added to its own bucket and taken from the other. So a month of a
// zone is a block of UTC's month and some hours at its edges, and not thirty days.
//
// Threading:  pure.
namespace tg::ledger {

inline constexpr std::uint32_t kNoBucket = ~std::uint32_t{0};

// The bucket that a minute is in, where buckets begin and the last one ends at `bounds`.
[[nodiscard]] std::uint32_t bucket_of(std::span<const Minute> bounds, Minute minute);

// Where sums are added, and where they are taken away again.
struct Share {
  std::uint32_t to = kNoBucket;
  std::uint32_t from = kNoBucket;

  friend bool operator==(const Share&, const Share&) = default;
};

struct Piece {
  Minute from = 0;
  Minute to = 0;
  // Nothing: each minute of it counts in the bucket that it is in.
  std::optional<Share> share;

  friend bool operator==(const Piece&, const Piece&) = default;
};

// Whole periods, one after the other; or one alone that a bound cuts.
struct Periods {
  struct Cut {
    Share share;  // of the block
    Piece aside;  // what is read beside it, and may lie outside of the piece
  };
  Minute from = 0;
  Minute to = 0;
  std::optional<Cut> cut;
};

// The periods of this grain that shorten the reading of `piece`, in ascending order.
[[nodiscard]] std::vector<Periods> cover(Grain grain, const Piece& piece,
                                         std::span<const Minute> bounds);

}  // namespace tg::ledger
