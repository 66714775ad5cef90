// SPDX-License-Identifier: Apache-2.0
#include "admin/routes_state.h"

#include <fmt/format.h>

#include "providers/snapshot_builder.h"

namespace tg::admin {

ApiResult<std::shared_ptr<const config::Snapshot>> current_snapshot(OperationContext& context) {
  TG_API_TRY(const auto catalogue, context.catalogue());
  TG_API_TRY(auto snapshot,
             providers::build_snapshot(context.database, context.folder.master_key(), *catalogue));
  return snapshot;
}

ApiResult<providers::ProviderRecord> find_provider(OperationContext& context,
                                                   const std::string& name_or_id,
                                                   const char* param) {
  TG_API_TRY(const auto all, providers::list_providers(context.database));
  for (const auto& provider : all) {
    if (provider.name == name_or_id || provider.id.text() == name_or_id) return provider;
  }
  return refuse(
      Code::kNotFound,
      fmt::format("There is no provider '{}'. 'tollgate providers list' shows them.", name_or_id),
      param);
}

void tell_routes_changed(const OperationContext& context) {
  if (context.live != nullptr) context.live->on_routes_changed();
}

}  // namespace tg::admin
