// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "limits/calendar.h"
#include "limits/rule.h"

// When an alert is sent: once in a window, when what was spent in it reaches the threshold.
//
// Threading:  pure.
namespace tg::notify {

// What has to be spent; of a limit, `percent` of it, else 0.
struct Threshold {
  int percent = 0;
  NanoUsd amount;
};

// That it was told.
struct Notice {
  int percent = 0;
  WallTime window;  // its beginning; of a rolling one, when it was told
  NanoUsd threshold;
  NanoUsd spent;
  WallTime sent_at;
};

// The time in which spending counts.
struct AlertWindow {
  limits::Interval time;
  bool is_rolling = false;  // it has no beginning that stays: told once in its length

  [[nodiscard]] WallTime key(WallTime now) const { return is_rolling ? now : time.begin; }
  [[nodiscard]] bool has(const Notice& notice) const {
    return is_rolling ? notice.window > time.begin : notice.window == time.begin;
  }
};

// Of a rule that check_alerted_limit() takes; from the first millisecond of Unix time.
[[nodiscard]] AlertWindow window_of(const limits::Rule& rule, WallTime time);

// A limit that refuses is never used to its last nano-dollar, since the call that would do that is
// refused: its 100 % are told at 99.
[[nodiscard]] std::vector<Threshold> thresholds_of(const std::vector<int>& percents,
                                                   const limits::Rule& rule);

struct Decision {
  std::vector<Threshold> reached;  // and not told yet; the last one is the highest
  std::vector<Notice> armed;       // told, and above what is spent since they were raised
};
// `thresholds` ascend; `notices` are the alert's, of any window. Where nothing was spent, nothing
// is reached, a threshold of zero neither.
[[nodiscard]] Decision decide(std::span<const Threshold> thresholds, NanoUsd spent,
                              std::span<const Notice> notices, const AlertWindow& window);

}  // namespace tg::notify
