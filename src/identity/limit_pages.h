// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "identity/limits.h"
#include "identity/pages.h"
#include "store/database.h"

// Limits a page at a time: by kind, then by target, then by age.
//
// Threading:  any control thread.
// Limits:     what the caller asks for; one item more is read.
// Errors:     kNotFound: `after` is none of the organization's limits, or no more; kDatabase.
namespace tg::identity {

// What is empty restricts nothing.
struct LimitPageFilter {
  std::string organization_id{};
  std::optional<LimitScope> scope{};
  std::string target_id{};
  // Only what their own calls may count on: their keys, themself, their projects and the
  // organization.
  std::optional<UserId> seen_by{};
};
// `newest_first` means nothing here.
[[nodiscard]] Result<PageOf<LimitRecord>> page_of_limits(store::Database& database,
                                                         const LimitPageFilter& filter,
                                                         const PageQuery& page);

}  // namespace tg::identity
