// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What calls were priced by. A price sheet is never changed; its `source` is config::PriceSource,
// `prices` a list as in catalogue/model_prices.json, and its id, made from its content, stands in
// the calls that were let in with it (0: none was kept). A price decision holds from
// `valid_from_ms` on. Price books say what organizations pay ("": all of them that
// have none); rows are only added, and the newest of an organization for a model holds. Where a
// charge is not the cost, a call says by which factor, or by which sheet, and what else it would
// have been charged as costs.
const char kMigration0014Charging[] = R"sql(
CREATE TABLE price_sheets (
  id BIGINT NOT NULL PRIMARY KEY,
  provider_id TEXT NOT NULL,
  model TEXT NOT NULL,
  source BIGINT NOT NULL,
  catalogue_date TEXT NOT NULL,
  decision BIGINT NOT NULL,
  valid_from_ms BIGINT NOT NULL,
  mode TEXT NOT NULL,
  free BIGINT NOT NULL,
  prices TEXT NOT NULL
);

ALTER TABLE usage_events ADD COLUMN price_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE open_work ADD COLUMN price_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE price_decisions ADD COLUMN valid_from_ms BIGINT NOT NULL DEFAULT 0;
UPDATE price_decisions SET valid_from_ms = decided_ms;

ALTER TABLE usage_events ADD COLUMN charge_factor_millionths BIGINT NOT NULL DEFAULT 1000000;
ALTER TABLE usage_events ADD COLUMN charge_price_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN held_cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN prompt_cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN interrupted_cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE open_work ADD COLUMN charge_factor_millionths BIGINT NOT NULL DEFAULT 1000000;
ALTER TABLE open_work ADD COLUMN charge_price_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE open_work ADD COLUMN held_cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE open_work ADD COLUMN prompt_cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE open_work ADD COLUMN interrupted_cost BIGINT NOT NULL DEFAULT 0;

CREATE TABLE price_books (
  sequence BIGINT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  factor_millionths BIGINT NOT NULL,
  prices TEXT NOT NULL,
  decided_ms BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL
);

CREATE TABLE only_delivered (
  organization_id TEXT NOT NULL PRIMARY KEY
);
)sql";

}  // namespace tg::store
