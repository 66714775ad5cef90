// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// One chain an organization ('' is the instance's). What was written before stays in the instance's
// chain, with the hashes that it has: rows of chain_version 1, whose hash covers their old action
// (identity/audit_chain.cc knows it) and neither actor_user_id nor project_id. A head is sealed by
// the next entry of its chain.
const char kMigration0009Audit[] = R"sql(
CREATE TABLE audit_log_new (
  chain TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  chain_version BIGINT NOT NULL,
  at_unix_ms BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_user_id TEXT NOT NULL,
  actor_address TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (chain, sequence)
);
INSERT INTO audit_log_new (chain, sequence, chain_version, at_unix_ms, actor_kind, actor_id,
    actor_user_id, actor_address, organization_id, project_id, action, target, detail,
    previous_hash, hash)
  SELECT '', sequence, 1, at_unix_ms, actor_kind, actor_id,
    CASE actor_kind WHEN 'user' THEN actor_id ELSE '' END, actor_address, organization_id, '',
    CASE action
      WHEN 'key.created' THEN 'api_key.created'
      WHEN 'key.revoked' THEN 'api_key.deleted'
      WHEN 'session.created' THEN 'login.succeeded'
      WHEN 'session.ended' THEN 'logout.succeeded'
      WHEN 'owner.created' THEN 'user.added'
      WHEN 'setup_link.created' THEN 'tollgate.setup_link.created'
      WHEN 'limit.set' THEN 'tollgate.limit.set'
      WHEN 'limit.removed' THEN 'tollgate.limit.removed'
      WHEN 'provider.added' THEN 'tollgate.provider.added'
      WHEN 'provider.removed' THEN 'tollgate.provider.removed'
      WHEN 'successor.set' THEN 'tollgate.successor.set'
      WHEN 'default_model.set' THEN 'tollgate.default_model.set'
      ELSE action END,
    target, detail, previous_hash, hash
  FROM audit_log;
DROP TABLE audit_log;
ALTER TABLE audit_log_new RENAME TO audit_log;

CREATE INDEX audit_log_by_time
  ON audit_log (organization_id, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_target
  ON audit_log (target, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_action
  ON audit_log (organization_id, action, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_actor
  ON audit_log (actor_user_id, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_actor_id
  ON audit_log (actor_id, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_project
  ON audit_log (project_id, at_unix_ms, chain_version, sequence, chain);
CREATE INDEX audit_log_by_instant
  ON audit_log (at_unix_ms, chain_version, sequence, chain);

CREATE TABLE audit_heads (
  chain TEXT PRIMARY KEY,
  entries BIGINT NOT NULL,
  hash TEXT NOT NULL,
  chains BIGINT NOT NULL,
  mac TEXT NOT NULL
);
INSERT INTO audit_heads (chain, entries, hash, chains, mac)
  SELECT '', sequence, hash, 0, '' FROM audit_log ORDER BY sequence DESC LIMIT 1;

CREATE TABLE usage_views (
  viewer_id TEXT NOT NULL,
  day TEXT NOT NULL,
  person_id TEXT NOT NULL,
  PRIMARY KEY (viewer_id, day, person_id)
);

CREATE TABLE sign_in_failures (
  subject TEXT PRIMARY KEY,
  window_unix_ms BIGINT NOT NULL,
  counted_unix_ms BIGINT NOT NULL,
  failures BIGINT NOT NULL
);
)sql";

}  // namespace tg::store
