// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Which models without a price operators were told of, by day (UTC, counted from 1970).
const char kMigration0018Notices[] = R"sql(
CREATE TABLE unpriced_notices (
  model TEXT NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (model, day)
);
)sql";

}  // namespace tg::store
