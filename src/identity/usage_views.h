// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// That somebody looked at what another person used: an audit entry the first time in a day (UTC).
//
// Threading:  any control thread.
// Cost:       one read; a write for those alone whose first time it is.
namespace tg::identity {

struct UsageView {
  std::string viewer_id;  // a user; "uid:0" for the command line
  // Whose usage is shown, each with the organization whose log it concerns. The viewer's own is
  // left out.
  std::map<std::string, std::string> persons;
};

[[nodiscard]] Result<void> note_usage_view(store::Database& database, const UsageView& view,
                                           const Actor& actor, WallTime now = wall_now());

}  // namespace tg::identity
