// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "admin/operation_context.h"
#include "config/snapshot.h"
#include "providers/provider_records.h"

// What operations on providers, routes and prices share.
//
// Threading:  any control thread.
namespace tg::admin {

// As calls would see it now.
[[nodiscard]] ApiResult<std::shared_ptr<const config::Snapshot>> current_snapshot(
    OperationContext& context);
// kNotFound, with `param` at fault.
[[nodiscard]] ApiResult<providers::ProviderRecord> find_provider(OperationContext& context,
                                                                 const std::string& name_or_id,
                                                                 const char* param = "name");
// The running server reads anew what the database says.
void tell_routes_changed(const OperationContext& context);

}  // namespace tg::admin
