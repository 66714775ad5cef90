// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// The targets that broke their word, as the transfer found them.
//
// Threading:  control threads; never a worker.
// Errors:     kDatabase.
namespace tg::ledger {

// A model of a provider that once answered more than it was asked for: its calls are held at the
// model's limits from then on.
struct BrokenTarget {
  std::string provider_id;
  std::string upstream_model;
  WallTime since;
};
[[nodiscard]] Result<std::vector<BrokenTarget>> broken_targets(store::Database& database);

}  // namespace tg::ledger
