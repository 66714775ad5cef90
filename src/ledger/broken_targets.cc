// SPDX-License-Identifier: Apache-2.0
#include "ledger/broken_targets.h"

#include <soci/soci.h>

namespace tg::ledger {

Result<std::vector<BrokenTarget>> broken_targets(store::Database& database) {
  std::vector<BrokenTarget> targets;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    BrokenTarget target;
    long long since_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT provider_id, upstream_model, since_ms FROM broken_targets"
                            " ORDER BY provider_id, upstream_model",
         soci::into(target.provider_id), soci::into(target.upstream_model), soci::into(since_ms));
    statement.execute();
    while (statement.fetch()) {
      target.since = from_unix_ms(since_ms);
      targets.push_back(target);
    }
    return {};
  }));
  return targets;
}

}  // namespace tg::ledger
