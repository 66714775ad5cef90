// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// An organization's calls one by one, the newest first, a page at a time.
//
// Threading:  control threads.
// Limits:     kCallsListed calls a page.
// Errors:     kDatabase; kNotFound: `after` is no call of this ledger.
namespace tg::ledger {

inline constexpr std::size_t kCallsListed = 1'001;  // a page, and whether there is more

struct CallFilter {
  std::string organization_id;
  std::optional<WallTime> from;  // of their admissions; inclusive
  std::optional<WallTime> to;    // exclusive
  // Any of these; nothing said: all.
  std::optional<std::vector<std::string>> key_ids;
  std::optional<std::vector<std::string>> project_ids;
  std::optional<std::vector<std::string>> owner_ids;
  std::optional<std::vector<std::string>> models;  // as asked for
  std::optional<std::vector<openai::Endpoint>> endpoints;
  std::optional<EventId> after;  // those before this one in time
  std::size_t limit = kCallsListed;
};
[[nodiscard]] Result<std::vector<UsageEvent>> list_calls(store::Database& database,
                                                         const CallFilter& filter);

// Nothing where the ledger does not have it, or not yet.
[[nodiscard]] Result<std::optional<UsageEvent>> find_call(store::Database& database,
                                                          const EventId& id);

}  // namespace tg::ledger
