// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"

// Many keys revoked at once, because their owner may no longer have them. The caller tells the live
// state of each, once the transaction is done.
//
// Threading:  inside a Database::write(); may throw what SOCI throws.
namespace tg::identity {

struct KeysToEnd {
  OrganizationId organization_id;
  std::string condition;  // on api_keys, with a parameter for each value
  std::vector<std::string> values;
  std::string reason;
};
// Those that were alive, each with an audit entry of its own.
[[nodiscard]] Result<std::vector<KeyId>> end_keys(soci::session& session, const KeysToEnd& keys,
                                                  const Actor& actor, WallTime now);

// The keys of somebody in projects that they reach neither themselves nor through a group any more.
// An owner of the organization reaches all.
[[nodiscard]] Result<std::vector<KeyId>> end_keys_out_of_reach(
    soci::session& session, const OrganizationId& organization_id, const UserId& user_id,
    const Actor& actor, WallTime now);

}  // namespace tg::identity
