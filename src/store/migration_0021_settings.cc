// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What a project allows its calls. Lists are names with commas between them, "" for none;
// `enabled_tiers` may be "all". No row: everything is allowed, and its organization says what is
// kept. An organization without a row keeps what modified abuse monitoring leaves.
//
// The indices are those of lists by pages (identity/pages.h).
const char kMigration0021Settings[] = R"sql(
CREATE TABLE project_call_rules (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id),
  denied_tools TEXT NOT NULL,
  enabled_tiers TEXT NOT NULL,
  default_tier TEXT NOT NULL,
  retention TEXT NOT NULL
);

CREATE TABLE organization_retention (
  organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  retention TEXT NOT NULL
);

CREATE INDEX memberships_by_age ON memberships (organization_id, created_unix_ms, user_id);
CREATE INDEX project_members_by_age ON project_members (project_id, created_unix_ms, user_id);
CREATE INDEX alive_keys_of_projects ON api_keys (project_id, created_unix_ms, id)
  WHERE revoked_unix_ms IS NULL;
CREATE INDEX alive_admin_keys ON api_keys (organization_id, created_unix_ms, id)
  WHERE revoked_unix_ms IS NULL AND kind = 'admin';
)sql";

}  // namespace tg::store
