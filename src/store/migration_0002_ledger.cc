// SPDX-License-Identifier: Apache-2.0
namespace tg::store {

// Money is nano-dollars, time is Unix milliseconds, days are UTC ("2026-11-24"). The numbers of
// `endpoint`, `outcome` and `usage_source` are those of the enumerations in the code.
extern const char kMigration0002Ledger[] = R"sql(
CREATE TABLE usage_events (
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
  outcome BIGINT NOT NULL,
  http_status BIGINT NOT NULL,
  served_model TEXT NOT NULL,
  input_text_tokens BIGINT NOT NULL,
  input_audio_tokens BIGINT NOT NULL,
  input_image_tokens BIGINT NOT NULL,
  cached_input_text_tokens BIGINT NOT NULL,
  cached_input_audio_tokens BIGINT NOT NULL,
  cached_input_image_tokens BIGINT NOT NULL,
  cache_write_text_tokens BIGINT NOT NULL,
  output_text_tokens BIGINT NOT NULL,
  output_audio_tokens BIGINT NOT NULL,
  output_image_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  output_images BIGINT NOT NULL,
  input_milliseconds BIGINT NOT NULL,
  input_characters BIGINT NOT NULL,
  usage_source BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  charge BIGINT NOT NULL,
  would_have_cost BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  PRIMARY KEY (epoch, worker, sequence)
);

CREATE INDEX usage_events_by_organization ON usage_events (organization_id, admitted_ms);

CREATE TABLE usage_rollups (
  organization_id TEXT NOT NULL,
  day TEXT NOT NULL,
  project_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  model TEXT NOT NULL,
  calls BIGINT NOT NULL,
  interrupted BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  milliseconds BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  charge BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  would_have_cost BIGINT NOT NULL,
  PRIMARY KEY (organization_id, day, project_id, key_id, model)
);

CREATE TABLE spend_totals (
  kind BIGINT NOT NULL,
  id TEXT NOT NULL,
  charge BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE journal_epochs (
  epoch BIGINT NOT NULL PRIMARY KEY,
  started_ms BIGINT NOT NULL,
  recovered BIGINT NOT NULL
);

CREATE TABLE journal_positions (
  epoch BIGINT NOT NULL,
  worker BIGINT NOT NULL,
  segment BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (epoch, worker)
);

CREATE TABLE clock_floor (
  id BIGINT NOT NULL PRIMARY KEY,
  seen_ms BIGINT NOT NULL
);
)sql";

}  // namespace tg::store
