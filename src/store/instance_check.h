// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret_bytes.h"
#include "store/data_folder.h"
#include "store/database.h"

// Whether a database and the key files of its folder belong together. With another pepper every key
// would be answered with 401, with another master.key no provider's credential could be opened;
// instead, whoever opens the folder is told which file is the wrong one.
//
// Threading:  any control thread.
// Secrets:    a check is a keyed hash of a constant; it says nothing about its key.
namespace tg::store {

struct SecretChecks {
  std::string pepper;
  std::string master_key;
};
[[nodiscard]] SecretChecks checks_of(const DataFolder& folder);

// kConfiguration, with the name of the file that is another one's. The first time, it is noted.
[[nodiscard]] Result<void> check_instance(Database& database, const DataFolder& folder);

}  // namespace tg::store
