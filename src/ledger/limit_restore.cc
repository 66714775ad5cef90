// SPDX-License-Identifier: Apache-2.0
#include "ledger/limit_restore.h"

#include <algorithm>

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

Result<void> restore_limit(store::Database& database, const Spender& spender, limits::Limit& limit,
                           WallTime now) {
  const auto& rule = limit.rule();
  if (rule.metric == limits::Metric::kConcurrency) return {};
  const auto grain =
      std::min<std::chrono::milliseconds>(length_of(rule.period) / kGrainsInWindow, kSliceLength);
  TG_TRY(const auto spent, query_spent(database, spender, limit.counts_from(now), grain));
  for (const auto& each : spent) {
    limit.restore(each.begin, each.end, used(each, rule.metric));
  }
  return {};
}

Result<std::unique_ptr<limits::Limit>> limit_from_ledger(store::Database& database,
                                                         const Spender& spender,
                                                         const limits::Rule& rule, WallTime now) {
  TG_TRY(auto limit, limits::Limit::make(rule));
  TG_TRY_DONE(restore_limit(database, spender, *limit, now));
  return limit;
}

}  // namespace tg::ledger
