// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "identity/keys.h"

// What load_keys() visits, as a list. For tests only.
namespace tg::identity {

inline Result<std::vector<keys::KeyRecord>> loaded_keys(store::Database& database,
                                                        WallTime now = wall_now()) {
  std::vector<keys::KeyRecord> records;
  TG_TRY_DONE(
      load_keys(database, [&](const keys::KeyRecord& record) { records.push_back(record); }, now));
  return records;
}

}  // namespace tg::identity
