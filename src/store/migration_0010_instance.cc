// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `instance_check` has one row, written at the first start: what tells whether pepper and
// master.key are those that this database was made with. A key that a restore has put on hold is
// paused, and `pause_reason` says why.
const char kMigration0010Instance[] = R"sql(
CREATE TABLE instance_check (
  id BIGINT NOT NULL PRIMARY KEY,
  pepper_check TEXT NOT NULL,
  master_key_check TEXT NOT NULL
);

ALTER TABLE api_keys ADD COLUMN pause_reason TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace tg::store
