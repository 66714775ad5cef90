// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/batch_sums.h"
#include "ledger/rollup_fold.h"
#include "ledger/usage_event.h"

// What a batch of events adds to the ledger beside themselves, worked out before the database is
// asked for anything.
//
// Threading:  pure.
// Lifetime:   the events outlive it, where they are: names stay theirs.
namespace tg::ledger {

struct BatchAdditions {
  std::vector<PendingRow> rollups;
  std::vector<SliceRow> slices;
  // Provider and upstream model of what broke its word, and when first.
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> broken_targets;
  std::int64_t latest_ms = 0;  // at which a call was let in
};

// Of those events that are new, one flag each.
[[nodiscard]] BatchAdditions add_up(const std::vector<UsageEvent>& events,
                                    const std::vector<bool>& is_new);
// Of all of them.
[[nodiscard]] BatchAdditions add_up(const std::vector<UsageEvent>& events);

}  // namespace tg::ledger
