// SPDX-License-Identifier: Apache-2.0
#include "ledger/foresight.h"

namespace tg::ledger {

std::optional<limits::Refused> foreseen_refusal(std::span<const limits::LimitSet* const> sets,
                                                std::string_view model,
                                                const limits::Amounts& at_least, WallTime now) {
  for (std::size_t level = 0; level < sets.size(); ++level) {
    for (const auto* const limit : sets[level]->limits()) {
      const auto& rule = limit->rule();
      const auto asked = at_least.of(rule.metric);
      const bool holds = limit->refuses() && (rule.model.empty() || rule.model == model);
      if (!holds || asked == 0) continue;
      const auto reading = limit->read(now);
      if (reading.left() >= asked) continue;
      return limits::Refused{.limit = limit, .level = level, .reading = reading, .asked = asked};
    }
  }
  return std::nullopt;
}

}  // namespace tg::ledger
