// SPDX-License-Identifier: Apache-2.0
#include "ledger/limit_restore.h"

#include <algorithm>
#include <vector>

namespace tg::ledger {
namespace {

// Rolling windows are rings of so many counters; to know more exactly than one of them when
// something was spent would change nothing.
constexpr int kGrainsInWindow = 60;

}  // namespace

std::chrono::milliseconds restore_grain(limits::Period period) noexcept {
  if (period == limits::Period::kTotal) return kSliceLength;
  return std::min<std::chrono::milliseconds>(limits::length(period) / kGrainsInWindow,
                                             kSliceLength);
}

std::int64_t used(const Spent& spent, limits::Metric metric) noexcept {
  switch (metric) {
    case limits::Metric::kMoney: return spent.charge.count();
    case limits::Metric::kTokens: return spent.tokens;
    case limits::Metric::kRequests: return spent.requests;
    case limits::Metric::kConcurrency:
    case limits::Metric::kImages:
    case limits::Metric::kAudio: return 0;
  }
  return 0;
}

Result<void> restore_limits(store::Database& database, std::span<const RestoredLimit> restored,
                            WallTime now) {
  std::vector<SpentQuestion> questions;
  std::vector<limits::Limit*> of;
  for (const auto& [spender, limit] : restored) {
    const auto& rule = limit.rule();
    if (rule.metric == limits::Metric::kConcurrency || forgets(rule.metric)) continue;
    questions.push_back(
        {.spender = spender, .from = limit.counts_from(now), .grain = restore_grain(rule.period)});
    of.push_back(&limit);
  }
  if (questions.empty()) return {};
  TG_TRY(const auto answers, query_spent(database, questions));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const auto& spent : answers[i]) {
      of[i]->restore(spent.begin, spent.end, used(spent, of[i]->rule().metric), now);
    }
  }
  return {};
}

Result<void> restore_limit(store::Database& database, const Spender& spender, limits::Limit& limit,
                           WallTime now) {
  const RestoredLimit one{.spender = spender, .limit = limit};
  return restore_limits(database, {&one, 1}, now);
}

}  // namespace tg::ledger
