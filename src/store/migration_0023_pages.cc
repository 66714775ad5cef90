// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Each list that may be long has an index in the order of its pages (identity/pages.h), and those
// that it makes superfluous go. Invitations that wait are counted before one more is made, owners
// and operators before one goes, and a service account's keys end with it.
const char kMigration0023Pages[] = R"sql(
CREATE INDEX projects_by_age ON projects (organization_id, created_unix_ms, id);
CREATE INDEX active_projects ON projects (organization_id, created_unix_ms, id)
  WHERE archived_unix_ms IS NULL;
DROP INDEX projects_by_organization;

CREATE INDEX alive_service_accounts ON service_accounts (project_id, created_unix_ms, id)
  WHERE deleted_unix_ms IS NULL;

CREATE INDEX invites_by_age ON invites (organization_id, created_unix_ms, id);
DROP INDEX invites_by_organization;
CREATE INDEX waiting_invites ON invites (organization_id) WHERE accepted_unix_ms = 0;

CREATE INDEX user_groups_by_age ON user_groups (organization_id, created_unix_ms, id);
CREATE INDEX group_members_by_age ON group_members (group_id, created_unix_ms, user_id);
CREATE INDEX project_groups_by_age ON project_groups (project_id, created_unix_ms, group_id);

CREATE INDEX organizations_by_age ON organizations (created_unix_ms, id);

CREATE INDEX owners_by_age ON memberships (organization_id, created_unix_ms, user_id)
  WHERE role = 'owner';
CREATE INDEX operators ON users (created_unix_ms, id) WHERE is_operator = 1;
CREATE INDEX keys_of_service_accounts ON api_keys (service_account_id, id)
  WHERE service_account_id IS NOT NULL;

CREATE INDEX keys_of_people ON api_keys (user_id, organization_id, created_unix_ms, id);
DROP INDEX api_keys_by_user;

CREATE INDEX limits_by_target ON limits (organization_id, scope, target_id, created_unix_ms, id);
CREATE INDEX credit_grants_by_age ON credit_grants (organization_id, sequence);
)sql";

}  // namespace tg::store
