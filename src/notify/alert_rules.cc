// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_rules.h"

#include <algorithm>

namespace tg::notify {
namespace {

constexpr int kNearlyAll = 99;  // percent

// Rounded up, so that it is never reached too early.
NanoUsd share_of(std::int64_t amount, int percent) {
  return NanoUsd{amount / 100 * percent + (amount % 100 * percent + 99) / 100};
}

}  // namespace

AlertWindow window_of(const limits::Rule& rule, WallTime time) {
  if (rule.window == limits::Window::kRolling) {
    return {.time = {.begin = time - limits::length(rule.period), .end = time}, .is_rolling = true};
  }
  // Checked when the limit was set; a zone that the system has lost since counts as UTC.
  const auto zone = limits::TimeZone::find(rule.time_zone).value_or(limits::TimeZone{});
  auto period = zone.period(rule.period, time);
  period.begin = std::max(period.begin, from_unix_ms(0));
  return {.time = period};
}

std::vector<Threshold> thresholds_of(const std::vector<int>& percents, const limits::Rule& rule) {
  std::vector<Threshold> thresholds;
  for (const int percent : percents) {
    const bool is_all = rule.hard && percent == 100;
    thresholds.push_back(
        {.percent = percent, .amount = share_of(rule.amount, is_all ? kNearlyAll : percent)});
  }
  return thresholds;
}

Decision decide(std::span<const Threshold> thresholds, NanoUsd spent,
                std::span<const Notice> notices, const AlertWindow& window) {
  Decision decision;
  for (const auto& threshold : thresholds) {
    const bool is_reached = spent > NanoUsd{} && spent >= threshold.amount;
    const auto told = std::ranges::find_if(notices, [&](const Notice& notice) {
      return notice.percent == threshold.percent && window.has(notice);
    });
    if (told == notices.end() && is_reached) decision.reached.push_back(threshold);
    // What leaves a rolling window arms nothing.
    const bool is_raised = told != notices.end() && threshold.amount > told->threshold;
    if (is_raised && !is_reached) decision.armed.push_back(*told);
  }
  // Who was told of 80 % needs no mail about 50, which somebody asks for later.
  std::erase_if(decision.reached, [&](const Threshold& threshold) {
    return std::ranges::any_of(notices, [&](const Notice& notice) {
      return notice.percent > threshold.percent && window.has(notice) &&
             notice.threshold >= threshold.amount;
    });
  });
  return decision;
}

}  // namespace tg::notify
