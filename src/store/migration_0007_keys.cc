// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `restrictions` is JSON, "" for none. A rotation moves a key's secret to former_secrets, where it
// opens the key until it ends. `policy` and `models` are JSON.
const char kMigration0007Keys[] = R"sql(
ALTER TABLE api_keys ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN parent_id TEXT;
ALTER TABLE api_keys ADD COLUMN expires_unix_ms BIGINT;
ALTER TABLE api_keys ADD COLUMN paused_unix_ms BIGINT;
ALTER TABLE api_keys ADD COLUMN restrictions TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN rotated_unix_ms BIGINT;
ALTER TABLE api_keys ADD COLUMN last_address TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN last_client TEXT NOT NULL DEFAULT '';
CREATE INDEX api_keys_by_parent ON api_keys (parent_id);
CREATE INDEX api_keys_by_project ON api_keys (project_id, created_unix_ms);

CREATE TABLE former_secrets (
  id TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (id),
  digest TEXT NOT NULL,
  redacted TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  ends_unix_ms BIGINT NOT NULL,
  last_used_unix_ms BIGINT,
  last_address TEXT NOT NULL,
  last_client TEXT NOT NULL
);
CREATE INDEX former_secrets_by_key ON former_secrets (key_id, created_unix_ms);

CREATE TABLE key_networks (
  key_id TEXT NOT NULL REFERENCES api_keys (id),
  network TEXT NOT NULL,
  first_seen_unix_ms BIGINT NOT NULL,
  last_seen_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (key_id, network)
);

CREATE TABLE project_key_policies (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id),
  policy TEXT NOT NULL
);

CREATE TABLE project_models (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id),
  mode TEXT NOT NULL,
  models TEXT NOT NULL
);

ALTER TABLE limits ADD COLUMN set_by_owner BIGINT NOT NULL DEFAULT 1;

CREATE TABLE idempotent_creates (
  caller TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (caller, idempotency_key)
);
CREATE INDEX idempotent_creates_by_time ON idempotent_creates (created_unix_ms);
)sql";

}  // namespace tg::store
