// SPDX-License-Identifier: Apache-2.0
namespace tg::store {

// Providers, the models they list, and the operator's choices about names. A choice that is an
// empty text is a choice too ("none"); an absent row means that what ships holds.
extern const char kMigration0003Providers[] = R"sql(
CREATE TABLE providers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  base_url TEXT NOT NULL,
  sealed_credential TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL
);

CREATE TABLE provider_models (
  provider_id TEXT NOT NULL REFERENCES providers(id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  model TEXT NOT NULL,
  PRIMARY KEY (provider_id, model)
);

CREATE TABLE route_overrides (
  model TEXT NOT NULL,
  position BIGINT NOT NULL,
  provider_id TEXT NOT NULL REFERENCES providers(id) ON DELETE CASCADE,
  upstream_model TEXT NOT NULL,
  PRIMARY KEY (model, position)
);

CREATE TABLE model_successors (
  retired TEXT PRIMARY KEY,
  successor TEXT NOT NULL
);

CREATE TABLE default_models (
  endpoint TEXT PRIMARY KEY,
  model TEXT NOT NULL
);
)sql";

}  // namespace tg::store
