// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// How people get in: mails that wait, invitations, one-time links, browsers that are known, and the
// organization that a session works in. Tokens are stored as hashes only; a mail holds one, so it
// is sealed, with its address. Sessions so far get an id from their token's hash, which says
// nothing.
const char kMigration0008Entry[] = R"sql(
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  sealed TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_unix_ms BIGINT NOT NULL,
  given_up_unix_ms BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_by_time ON outbox (next_unix_ms);

CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  role TEXT NOT NULL,
  projects TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  inviter_id TEXT NOT NULL REFERENCES users (id),
  inviter_key_id TEXT NOT NULL DEFAULT '',
  created_unix_ms BIGINT NOT NULL,
  expires_unix_ms BIGINT NOT NULL,
  accepted_unix_ms BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX invites_by_organization ON invites (organization_id, created_unix_ms);
CREATE INDEX invites_by_email ON invites (email_folded);

CREATE TABLE entry_tokens (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  expires_unix_ms BIGINT NOT NULL
);
CREATE INDEX entry_tokens_by_email ON entry_tokens (purpose, email_folded);

CREATE TABLE known_devices (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  last_used_unix_ms BIGINT NOT NULL
);
CREATE INDEX known_devices_by_user ON known_devices (user_id, last_used_unix_ms);

CREATE TABLE instance_settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN organization_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
UPDATE sessions SET id = 'session_' || substr(token_hash, 1, 22);

ALTER TABLE organizations ADD COLUMN deleted_unix_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN erased_unix_ms BIGINT NOT NULL DEFAULT 0;
)sql";

}  // namespace tg::store
