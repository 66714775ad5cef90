// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Parts of blocks are numbered in the order in which most questions want them: minutes, dimensions,
// sums. Before, it was by the numbers of their columns.
const char kMigration0017Blocks[] = R"sql(
UPDATE usage_blocks SET part = CASE
  WHEN part = 256 THEN -1
  WHEN part > 192 THEN 191 - part
  ELSE -127 - part END
WHERE part > 0;

UPDATE usage_blocks SET part = -part WHERE part < 0;
)sql";

// Their numbers have as many bytes as they need, and a compressor finds little more.
const char kMigration0017OnPostgresql[] = R"sql(
ALTER TABLE usage_blocks ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE usage_pending ALTER COLUMN data SET STORAGE EXTERNAL;
)sql";

}  // namespace tg::store
