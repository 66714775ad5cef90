// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/api_handlers.h"
#include "identity/workload_providers.h"

// What workload identity providers and their rules have in common.
//
// Threading:  any control thread.
// Errors:     kFieldInvalid with the field at fault; kNotFound.
namespace tg::admin {

// Of the caller's organization, named by the path's first id.
[[nodiscard]] ApiResult<identity::WorkloadProvider> find_workload_provider_of(
    OperationContext& context, const ApiRequest& request);

// Lists are by age; `order` turns them round.
[[nodiscard]] ApiResult<bool> read_descending(const Json& query);

// The field as a name that people are shown; what it was where it is absent.
[[nodiscard]] ApiResult<std::string> read_name(const Json& body, const std::string& before);
// At most 1,024 bytes of text, "" where it is null; what it was where it is absent.
[[nodiscard]] ApiResult<std::string> read_description(const Json& body, const std::string& before);

// Access tokens ended, or a key is another one.
void tell_live_of(OperationContext& context, const std::vector<keys::KeyRecord>& keys);

}  // namespace tg::admin
