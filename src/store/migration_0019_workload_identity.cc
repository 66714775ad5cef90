// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `transformations` is a list in JSON, `matchers` an object, `scopes` a list, "" for what the
// service account may. `jwks` is a key set that was uploaded, "" where the issuer is asked.
// `sequence` is the order in which they were made. A rule's key is opened by access tokens only,
// which are among its former secrets; `generation` makes those that come after a change others.
//
// An exchange remembers a subject token by a keyed hash until that has expired, and which access
// token it gave.
const char kMigration0019WorkloadIdentity[] = R"sql(
CREATE TABLE workload_identity_providers (
  id TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  issuer TEXT NOT NULL,
  audience TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  transformations TEXT NOT NULL,
  discovery_url TEXT NOT NULL,
  jwks TEXT NOT NULL,
  may_be_private BIGINT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  updated_unix_ms BIGINT NOT NULL
);
CREATE INDEX workload_identity_providers_by_organization
  ON workload_identity_providers (organization_id, sequence);

CREATE TABLE federation_rules (
  id TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL UNIQUE,
  provider_id TEXT NOT NULL REFERENCES workload_identity_providers (id),
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  service_account_id TEXT NOT NULL REFERENCES service_accounts (id),
  key_id TEXT NOT NULL UNIQUE REFERENCES api_keys (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  matchers TEXT NOT NULL,
  scopes TEXT NOT NULL,
  generation BIGINT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  updated_unix_ms BIGINT NOT NULL
);
CREATE INDEX federation_rules_by_provider ON federation_rules (provider_id, sequence);

CREATE TABLE federation_exchanges (
  rule_id TEXT NOT NULL REFERENCES federation_rules (id) ON DELETE CASCADE,
  subject_hash TEXT NOT NULL,
  secret_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  issued_unix_ms BIGINT NOT NULL,
  ends_unix_ms BIGINT NOT NULL,
  expires_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (rule_id, subject_hash)
);
CREATE INDEX federation_exchanges_by_expiry ON federation_exchanges (rule_id, expires_unix_ms);
)sql";

}  // namespace tg::store
