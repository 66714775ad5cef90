// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What calls leave upstream. `kind` is openai::ObjectKind. Ids are the providers', so they are a
// project's only together with it. `open_work` has what usage_events says of an admission and,
// behind it, who works on what; a row goes when its call's event comes. `opened_paths` are those
// that the operator has opened, at a price in nano-dollars a call; no provider: the oldest.
const char kMigration0011Objects[] = R"sql(
CREATE TABLE stored_objects (
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind BIGINT NOT NULL,
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE INDEX stored_objects_by_kind ON stored_objects (project_id, kind, provider_id);

CREATE TABLE open_work (
  epoch BIGINT NOT NULL,
  worker BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  admitted_ms BIGINT NOT NULL,
  endpoint BIGINT NOT NULL,
  stream BIGINT NOT NULL,
  test BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  model TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  held BIGINT NOT NULL,
  prompt_charge BIGINT NOT NULL,
  interrupted_charge BIGINT NOT NULL,
  prompt_tokens BIGINT NOT NULL,
  interrupted_tokens BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  object_id TEXT NOT NULL,
  working_provider_id TEXT NOT NULL,
  tier TEXT NOT NULL,
  held_input_tokens BIGINT NOT NULL,
  held_output_tokens BIGINT NOT NULL,
  PRIMARY KEY (epoch, worker, sequence)
);

CREATE INDEX open_work_by_project ON open_work (project_id, object_id);

CREATE TABLE opened_paths (
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  price BIGINT NOT NULL,
  PRIMARY KEY (method, path)
);
)sql";

}  // namespace tg::store
