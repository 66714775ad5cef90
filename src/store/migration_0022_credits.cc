// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Prepaid money. `credit_of` says what a call was let in with: 0 nothing, it is billed; 1 its
// organization's credit, 2 its project's. `usage_events.credit` is what grants paid of it.
//
// A grant is its organization's where `project_id` is ''. `amount` is what was granted, corrections
// included; `remaining` and `expired` are parts of it. `expires_ms` 0: it never ends.
//
// Entries are only added. Each takes `amount` from the account `debit` and gives it to `credit`: a
// grant's id, or issued, usage, expired. `epoch` 0: no call's.
const char kMigration0022Credits[] = R"sql(
ALTER TABLE usage_events ADD COLUMN credit_of BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN credit BIGINT NOT NULL DEFAULT 0;

ALTER TABLE open_work ADD COLUMN credit_of BIGINT NOT NULL DEFAULT 0;

CREATE TABLE credit_grants (
  sequence BIGINT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  amount BIGINT NOT NULL,
  remaining BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  reason TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_ms BIGINT NOT NULL
);

CREATE INDEX credit_grants_by_owner ON credit_grants (organization_id, project_id, sequence);

CREATE TABLE credit_entries (
  sequence BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  kind TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  amount BIGINT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  worker BIGINT NOT NULL,
  event_sequence BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  reason TEXT NOT NULL
);

CREATE INDEX credit_entries_by_grant ON credit_entries (grant_id, sequence);
CREATE INDEX credit_entries_by_organization ON credit_entries (organization_id, sequence);
CREATE INDEX credit_entries_by_event ON credit_entries (epoch, worker, event_sequence);
)sql";

}  // namespace tg::store
