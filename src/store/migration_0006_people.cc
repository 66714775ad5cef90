// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Who belongs to a project, groups, and roles beyond the predefined ones. An empty `project_id` of
// a role or an assignment means the organization itself; ids of users and groups never meet, so an
// assignment's principal is either. Owners so far could do everything in every project, and made
// the service accounts.
const char kMigration0006People[] = R"sql(
CREATE TABLE project_members (
  project_id TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, user_id)
);
CREATE INDEX project_members_by_user ON project_members (user_id);
INSERT INTO project_members (project_id, user_id, role, created_unix_ms)
  SELECT p.id, m.user_id, 'owner', p.created_unix_ms FROM projects p
  JOIN memberships m ON m.organization_id = p.organization_id WHERE m.role = 'owner';

CREATE TABLE user_groups (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_groups_by_name ON user_groups (organization_id, name);

CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES user_groups (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE project_groups (
  project_id TEXT NOT NULL REFERENCES projects (id),
  group_id TEXT NOT NULL REFERENCES user_groups (id),
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, group_id)
);
CREATE INDEX project_groups_by_group ON project_groups (group_id);

CREATE TABLE roles (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  description TEXT,
  permissions TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  updated_unix_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX roles_by_name ON roles (organization_id, project_id, name);

CREATE TABLE role_assignments (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id TEXT NOT NULL DEFAULT '',
  principal_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (principal_id, project_id, role_id)
);
CREATE INDEX role_assignments_by_role ON role_assignments (role_id);

ALTER TABLE service_accounts ADD COLUMN owner_user_id TEXT NOT NULL DEFAULT '';
UPDATE service_accounts SET owner_user_id = COALESCE((
  SELECT m.user_id FROM memberships m JOIN projects p ON p.organization_id = m.organization_id
  WHERE p.id = service_accounts.project_id AND m.role = 'owner'
  ORDER BY m.created_unix_ms, m.user_id LIMIT 1), '');
CREATE INDEX service_accounts_by_owner ON service_accounts (owner_user_id);
CREATE INDEX api_keys_by_user ON api_keys (user_id);
)sql";

}  // namespace tg::store
