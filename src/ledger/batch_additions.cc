// SPDX-License-Identifier: Apache-2.0
#include "ledger/batch_additions.h"

#include <algorithm>

#include "base/give_way.h"

namespace tg::ledger {

BatchAdditions add_up(const std::vector<UsageEvent>& events, const std::vector<bool>& is_new) {
  BatchAdditions additions;
  BatchSums sums{events.size()};
  PendingSums rollups;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!is_new[i]) continue;
    const auto& event = events[i];
    const auto& admission = event.admission;
    const auto at_ms = to_unix_ms(admission.at);
    sums.add(event);
    rollups.add(event);
    give_way();
    additions.latest_ms = std::max(additions.latest_ms, at_ms);
    if ((event.settlement.flags & flag(EventFlag::kOverBound)) == 0) continue;
    const auto [target, added] = additions.broken_targets.try_emplace(
        {admission.provider_id, admission.upstream_model}, at_ms);
    if (!added) target->second = std::min(target->second, at_ms);
  }
  additions.rollups = rollups.rows();
  additions.slices = sums.slices();
  return additions;
}

BatchAdditions add_up(const std::vector<UsageEvent>& events) {
  return add_up(events, std::vector<bool>(events.size(), true));
}

}  // namespace tg::ledger
