// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What the operator says that a model costs. Rows are only added: the newest of a model at a
// provider holds, the others say what held before. No provider: at each that has none of its own.
// `kind` is "priced", "free" or "shipped" (as the catalogue says, again); `prices` is a list as in
// catalogue/model_prices.json; a limit of 0 tokens is not stated.
const char kMigration0012Prices[] = R"sql(
CREATE TABLE price_decisions (
  sequence BIGINT NOT NULL PRIMARY KEY,
  provider_id TEXT NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  prices TEXT NOT NULL,
  input_tokens_max BIGINT NOT NULL,
  output_tokens_max BIGINT NOT NULL,
  decided_ms BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL
);

CREATE INDEX price_decisions_by_model ON price_decisions (model, provider_id, sequence);
)sql";

}  // namespace tg::store
