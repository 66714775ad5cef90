// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `metric`, `period` and `window_kind` are the texts of limits/rule.h. A slice is a quarter of an
// hour, because every zone's midnight falls on one: what limits with long periods are rebuilt from.
// `kind` is ledger::SpentBy; `model` is "" for all models, and a name only beside a project. Calls
// of test keys are in no slice.
const char kMigration0004Spending[] = R"sql(
CREATE TABLE limits (
  id TEXT NOT NULL PRIMARY KEY,
  scope TEXT NOT NULL,
  target_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  metric TEXT NOT NULL,
  period TEXT NOT NULL,
  window_kind TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  model TEXT NOT NULL,
  amount BIGINT NOT NULL,
  hard BIGINT NOT NULL,
  trusts_upstream BIGINT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  updated_unix_ms BIGINT NOT NULL,
  UNIQUE (scope, target_id, metric, period, window_kind, time_zone, model)
);

INSERT INTO limits (id, scope, target_id, organization_id, metric, period, window_kind, time_zone,
    model, amount, hard, trusts_upstream, created_unix_ms, updated_unix_ms)
  SELECT 'limit_' || s.target_id, s.scope, s.target_id,
    COALESCE((SELECT organization_id FROM api_keys WHERE id = s.target_id),
             (SELECT organization_id FROM projects WHERE id = s.target_id), s.target_id),
    'money', s.period, 'calendar', 'UTC', '', s.amount_nanousd, 1, 1, s.updated_unix_ms,
    s.updated_unix_ms
  FROM spend_limits s;

DROP TABLE spend_limits;

ALTER TABLE usage_events ADD COLUMN flags BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN prompt_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN interrupted_tokens BIGINT NOT NULL DEFAULT 0;

CREATE TABLE spend_slices (
  kind BIGINT NOT NULL,
  id TEXT NOT NULL,
  model TEXT NOT NULL,
  begin_ms BIGINT NOT NULL,
  charge BIGINT NOT NULL,
  tokens BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (kind, id, model, begin_ms)
);

INSERT INTO spend_slices (kind, id, model, begin_ms, charge, tokens, requests)
  WITH events AS (
    SELECT key_id, project_id, organization_id, owner_id, upstream_model,
      admitted_ms - admitted_ms % 900000 AS begin_ms, charge,
      input_text_tokens + input_audio_tokens + input_image_tokens + cached_input_text_tokens +
      cached_input_audio_tokens + cached_input_image_tokens + cache_write_text_tokens +
      output_text_tokens + output_audio_tokens + output_image_tokens + reasoning_tokens AS tokens
    FROM usage_events WHERE test = 0
  )
  SELECT kind, id, model, begin_ms, SUM(charge), SUM(tokens), COUNT(*) FROM (
    SELECT 0 AS kind, key_id AS id, '' AS model, begin_ms, charge, tokens FROM events
    UNION ALL
    SELECT 1, project_id, '', begin_ms, charge, tokens FROM events
    UNION ALL
    SELECT 1, project_id, upstream_model, begin_ms, charge, tokens FROM events
      WHERE upstream_model <> ''
    UNION ALL
    SELECT 2, organization_id, '', begin_ms, charge, tokens FROM events
    UNION ALL
    SELECT 3, owner_id, '', begin_ms, charge, tokens FROM events
  ) AS spent GROUP BY kind, id, model, begin_ms;

DROP TABLE spend_totals;

CREATE TABLE broken_targets (
  provider_id TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (provider_id, upstream_model)
);
)sql";

}  // namespace tg::store
