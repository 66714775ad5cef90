// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Usage added up: `grain` and `cuboid` are ledger::Grain and ledger::Cuboid, minutes count from
// 1970, `data` is ledger/rollup_block.h's. What a batch of calls adds waits in `usage_pending`,
// under the id of one of them, until it is folded into its blocks. `usage_due` are periods whose
// block is made when they have ended (grain 0: whose quarters lose their minutes). The one row of
// `usage_folding` says whether the blocks have been made from the events that were there before,
// and from when on no event has been removed.
const char kMigration0015Rollups[] = R"sql(
CREATE TABLE usage_blocks (
  organization_id TEXT NOT NULL,
  grain BIGINT NOT NULL,
  cuboid BIGINT NOT NULL,
  begin_minute BIGINT NOT NULL,
  part BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (organization_id, grain, cuboid, begin_minute, part)
);

CREATE TABLE usage_pending (
  organization_id TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  worker BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  from_minute BIGINT NOT NULL,
  to_minute BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (organization_id, epoch, worker, sequence)
);

CREATE TABLE usage_due (
  grain BIGINT NOT NULL,
  begin_minute BIGINT NOT NULL,
  organization_id TEXT NOT NULL,
  due_minute BIGINT NOT NULL,
  PRIMARY KEY (organization_id, grain, begin_minute)
);

CREATE INDEX usage_due_by_time ON usage_due (grain, due_minute);

CREATE TABLE usage_folding (
  id BIGINT NOT NULL PRIMARY KEY,
  folds BIGINT NOT NULL,
  rebuilt BIGINT NOT NULL,
  calls_from_ms BIGINT NOT NULL
);

INSERT INTO usage_folding (id, folds, rebuilt, calls_from_ms) VALUES (1, 0, 0, 0);

DROP TABLE usage_rollups;
)sql";

}  // namespace tg::store
