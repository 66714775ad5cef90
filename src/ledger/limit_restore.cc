// SPDX-License-Identifier: Apache-2.0
#include "ledger/limit_restore.h"

#include <algorithm>
#include <vector>

namespace tg::ledger {
namespace {

// Rolling windows are rings of so many counters; to know more exactly than one of them when
// something was spent would change nothing.
constexpr int kGrainsInWindow = 60;

// About as long as the period; which month it is does not matter for a grain.
std::chrono::milliseconds length_of(limits::Period period) {
  switch (period) {
    case limits::Period::kMinute: return std::chrono::minutes{1};
    case limits::Period::kHour: return std::chrono::hours{1};
    case limits::Period::kDay: return std::chrono::days{1};
    case limits::Period::kWeek: return std::chrono::days{7};
    case limits::Period::kMonth: return std::chrono::days{30};
    case limits::Period::kQuarter: return std::chrono::days{91};
    case limits::Period::kYear:
    case limits::Period::kTotal: return std::chrono::days{365};
  }
  return std::chrono::days{365};
}

std::chrono::milliseconds grain_of(limits::Period period) {
  return std::min<std::chrono::milliseconds>(length_of(period) / kGrainsInWindow, kSliceLength);
}

std::int64_t used(const Spent& spent, limits::Metric metric) {
  switch (metric) {
    case limits::Metric::kMoney: return spent.charge.count();
    case limits::Metric::kTokens: return spent.tokens;
    case limits::Metric::kRequests: return spent.requests;
    case limits::Metric::kConcurrency: return 0;
  }
  return 0;
}

}  // namespace

Result<void> restore_limits(store::Database& database, std::span<const RestoredLimit> restored,
                            WallTime now) {
  std::vector<SpentQuestion> questions;
  std::vector<limits::Limit*> of;
  for (const auto& [spender, limit] : restored) {
    const auto& rule = limit.rule();
    if (rule.metric == limits::Metric::kConcurrency) continue;
    questions.push_back(
        {.spender = spender, .from = limit.counts_from(now), .grain = grain_of(rule.period)});
    of.push_back(&limit);
  }
  if (questions.empty()) return {};
  TG_TRY(const auto answers, query_spent(database, questions));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const auto& spent : answers[i]) {
      of[i]->restore(spent.begin, spent.end, used(spent, of[i]->rule().metric));
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
