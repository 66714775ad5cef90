// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup.h"

#include "openai/endpoint.h"

namespace tg::ledger {
namespace {

// A client that went away, a limit that was reached and a key that was revoked are no errors of the
// service.
bool is_error(Outcome outcome) {
  return outcome == Outcome::kUpstreamError || outcome == Outcome::kUpstreamFailed ||
         outcome == Outcome::kUpstreamTruncated || outcome == Outcome::kInterrupted;
}

}  // namespace

DimensionNames names_of(const UsageEvent& event) {
  const auto& admission = event.admission;
  return {admission.project_id.view(),      admission.owner_id.view(),
          admission.key_id.view(),          admission.model,
          openai::path(admission.endpoint), event.settlement.tier.view(),
          event.settlement.size.view()};
}

Sums sums_of(const Settlement& settlement) {
  Sums sums{};
  const auto set = [&sums](Sum sum, std::int64_t value) { sums[at(sum)] = value; };
  set(Sum::kCalls, 1);
  set(Sum::kErrors, is_error(settlement.outcome) ? 1 : 0);
  set(Sum::kInterrupted, settlement.outcome == Outcome::kInterrupted ? 1 : 0);
  set(Sum::kEstimated, settlement.usage.source == openai::UsageSource::kEstimated ? 1 : 0);
  set(Sum::kCharge, settlement.charge.count());
  set(Sum::kCost, settlement.cost.count());
  set(Sum::kWouldHaveCost, settlement.would_have_cost.count());
  set(Sum::kDurationMs, settlement.duration_ms);
  const auto has = [&settlement](EventFlag which) {
    return (settlement.flags & flag(which)) != 0 ? 1 : 0;
  };
  set(Sum::kUnpriced, has(EventFlag::kUnpricedUnit));
  set(Sum::kMismatched, has(EventFlag::kModelMismatch));
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    sums[kOwnSums + i] = settlement.usage.*kUsageCounts[i];
  }
  return sums;
}

void add(Sums& sums, const Sums& more) {
  for (std::size_t i = 0; i < kSums; ++i) sums[i] += more[i];
}

openai::Usage usage_of(const Sums& sums) {
  openai::Usage usage;
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    usage.*kUsageCounts[i] = sums[kOwnSums + i];
  }
  return usage;
}

}  // namespace tg::ledger
