// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Times are milliseconds since 1970, UTC. Hashes and digests are hexadecimal, so that one text
// serves every engine.
const char kMigration0001Identity[] = R"sql(
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  is_operator INTEGER NOT NULL DEFAULT 0,
  password_hash TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL
);

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL
);

CREATE TABLE memberships (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, created_unix_ms);

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  is_default INTEGER NOT NULL DEFAULT 0,
  created_unix_ms BIGINT NOT NULL
);
CREATE INDEX projects_by_organization ON projects (organization_id);
CREATE UNIQUE INDEX one_default_project ON projects (organization_id) WHERE is_default = 1;

CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  name TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL
);
CREATE INDEX service_accounts_by_project ON service_accounts (project_id);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  redacted TEXT NOT NULL,
  digest TEXT NOT NULL,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id TEXT REFERENCES projects (id),
  user_id TEXT REFERENCES users (id),
  service_account_id TEXT REFERENCES service_accounts (id),
  created_unix_ms BIGINT NOT NULL,
  last_used_unix_ms BIGINT,
  revoked_unix_ms BIGINT,
  revoke_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_keys_by_organization ON api_keys (organization_id, created_unix_ms);

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_unix_ms BIGINT NOT NULL,
  last_used_unix_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE setup_tokens (
  token_hash TEXT PRIMARY KEY,
  created_unix_ms BIGINT NOT NULL
);

CREATE TABLE spend_limits (
  scope TEXT NOT NULL,
  target_id TEXT NOT NULL,
  period TEXT NOT NULL,
  amount_nanousd BIGINT NOT NULL,
  updated_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (scope, target_id, period)
);

CREATE TABLE sign_in_attempts (
  subject TEXT NOT NULL,
  at_unix_ms BIGINT NOT NULL
);
CREATE INDEX sign_in_attempts_by_subject ON sign_in_attempts (subject, at_unix_ms);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (at_unix_ms);

CREATE TABLE audit_log (
  sequence BIGINT PRIMARY KEY,
  at_unix_ms BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_address TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
)sql";

}  // namespace tg::store
