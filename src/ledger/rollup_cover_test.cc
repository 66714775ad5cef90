// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_cover.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tg::ledger {
namespace {

constexpr Minute kJanuary = 28'928'160;  // 2025-01-01T00:00Z
constexpr Minute kEast = 5 * kHourMinutes + 45;

Minute month_after(int months) {
  auto at = kJanuary;
  for (int i = 0; i < months; ++i) at = period_end(Grain::kMonth, at);
  return at;
}

// What is read if all blocks before `until` are there: how often each quarter of an hour counts in
// which bucket, and in how many blocks.
struct Reading {
  std::vector<Minute> bounds;
  Minute until = ~Minute{0};
  std::map<std::pair<Minute, std::uint32_t>, int> counted;
  int blocks = 0;

  void count(Minute from, Minute to, const std::optional<Share>& share) {
    ++blocks;
    for (auto quarter = from; quarter < to; quarter += kQuarterMinutes) {
      const auto add = [&](std::uint32_t bucket, int times) {
        if (bucket != kNoBucket) counted[{quarter, bucket}] += times;
      };
      add(share ? share->to : bucket_of(bounds, quarter), 1);
      if (share) add(share->from, -1);
    }
  }

  void run() {
    std::vector<Piece> open{{.from = bounds.front(), .to = bounds.back(), .share = {}}};
    for (const auto grain : {Grain::kYear, Grain::kMonth, Grain::kDay, Grain::kHour}) {
      std::vector<Piece> rest;
      for (const auto& piece : open) read(grain, piece, rest);
      open = std::move(rest);
    }
    for (const auto& piece : open) {
      for (auto at = piece.from; at < piece.to; at += kQuarterMinutes) {
        count(at, at + kQuarterMinutes, piece.share);
      }
    }
  }

  void read(Grain grain, const Piece& piece, std::vector<Piece>& rest) {
    auto next = piece.from;
    for (const auto& periods : cover(grain, piece, bounds)) {
      for (auto begin = periods.from; begin < periods.to; begin = period_end(grain, begin)) {
        const auto end = period_end(grain, begin);
        if (end > until) continue;
        count(begin, end, periods.cut ? periods.cut->share : piece.share);
        if (periods.cut) rest.push_back(periods.cut->aside);
        if (next < begin) rest.push_back({.from = next, .to = begin, .share = piece.share});
        next = end;
      }
    }
    if (next < piece.to) rest.push_back({.from = next, .to = piece.to, .share = piece.share});
  }

  void expect_exact() const {
    std::map<std::pair<Minute, std::uint32_t>, int> wanted;
    for (auto quarter = bounds.front(); quarter < bounds.back(); quarter += kQuarterMinutes) {
      wanted[{quarter, bucket_of(bounds, quarter)}] = 1;
    }
    auto found = counted;
    std::erase_if(found, [](const auto& each) { return each.second == 0; });
    EXPECT_EQ(found, wanted);
  }
};

TEST(RollupCover, AMonthOfAZoneIsABlockAndTheHoursAtItsEdges) {
  for (const bool east : {true, false}) {
    Reading reading;
    for (int month = 0; month <= 12; ++month) {
      reading.bounds.push_back(east ? month_after(month) - kEast
                                    : month_after(month) + 5 * kHourMinutes);
    }
    reading.run();
    reading.expect_exact();
    // Twelve months, and thirteen edges of five hours and three quarters of one, or of five hours.
    EXPECT_EQ(reading.blocks, east ? 12 + 13 * 8 : 12 + 13 * 5);
  }
}

TEST(RollupCover, ADayOfAZoneIsABlockAndTheHoursAtItsEdges) {
  Reading reading;
  for (int day = 0; day <= 365; ++day) {
    reading.bounds.push_back(kJanuary + static_cast<Minute>(day) * kDayMinutes - kEast);
  }
  reading.run();
  reading.expect_exact();
  EXPECT_EQ(reading.blocks, 365 + 366 * 8);
}

TEST(RollupCover, AYearOfAZoneIsAYear) {
  Reading reading;
  reading.bounds = {kJanuary - kEast, month_after(12) - kEast};
  reading.run();
  reading.expect_exact();
  EXPECT_EQ(reading.blocks, 1 + 2 * 8);
}

TEST(RollupCover, WhatUtcDividesIsReadAsItIs) {
  Reading reading;
  for (int month = 0; month <= 12; ++month) reading.bounds.push_back(month_after(month));
  reading.run();
  reading.expect_exact();
  EXPECT_EQ(reading.blocks, 12);
}

TEST(RollupCover, WhereBlocksAreMissingShorterOnesAnswer) {
  Reading reading;
  reading.until = month_after(5) + 12 * kDayMinutes + 7 * kHourMinutes;
  for (int month = 0; month <= 6; ++month) reading.bounds.push_back(month_after(month) - kEast);
  reading.run();
  reading.expect_exact();
}

TEST(RollupCover, NothingIsCountedTwiceOrForgotten) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  const auto some = [&random](Minute least, Minute most) {
    return least + static_cast<Minute>(random() % (most - least + 1));
  };
  for (int i = 0; i < 60; ++i) {
    Reading reading;
    const auto step = some(1, i % 2 == 0 ? 100 : 3'000);
    auto at = kJanuary + kQuarterMinutes * some(0, 40'000);
    for (auto bounds = some(2, 30); bounds > 0; --bounds) {
      reading.bounds.push_back(at);
      at += kQuarterMinutes * some(1, step);
    }
    if (i % 3 == 0) reading.until = some(reading.bounds.front(), reading.bounds.back());
    reading.run();
    reading.expect_exact();
  }
}

}  // namespace
}  // namespace tg::ledger
