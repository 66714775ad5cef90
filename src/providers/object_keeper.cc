// SPDX-License-Identifier: Apache-2.0
#include "providers/object_keeper.h"

#include <soci/soci.h>

#include "providers/provider_records.h"

namespace tg::providers {

Result<void> choose_object_keeper(store::Database& database, const ProviderId& provider) {
  const auto& id = provider.text();
  return database.write([&](soci::session& sql) -> Result<void> {
    sql << "INSERT INTO instance_settings (name, value) VALUES ('object_keeper', :value)"
           " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        soci::use(id);
    return {};
  });
}

Result<std::optional<ProviderId>> object_keeper(store::Database& database) {
  std::string chosen;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    sql << "SELECT value FROM instance_settings WHERE name = 'object_keeper'", soci::into(chosen);
    return {};
  }));
  TG_TRY(const auto all, list_providers(database));
  std::optional<ProviderId> oldest;
  for (const auto& provider : all) {
    if (provider.kind == config::ProviderKind::kSandbox) continue;
    if (provider.id.text() == chosen) return provider.id;
    if (!oldest) oldest = provider.id;
  }
  return oldest;
}

}  // namespace tg::providers
