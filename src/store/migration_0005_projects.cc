// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// Projects can be archived and service accounts deleted; what they spent stays theirs.
const char kMigration0005Projects[] = R"sql(
ALTER TABLE projects ADD COLUMN archived_unix_ms BIGINT;
ALTER TABLE service_accounts ADD COLUMN deleted_unix_ms BIGINT;
)sql";

}  // namespace tg::store
