// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "admin/operation_context.h"
#include "base/money.h"
#include "identity/keys.h"

// A key as our own endpoints show it.
//
// Threading:  any control thread.
namespace tg::admin {

// What a key's limits and the ledger say about it, read once for a list.
struct KeyMoney {
  NanoUsd spent;
  NanoUsd held;
  std::optional<NanoUsd> limit;  // of all that it may ever spend
  int limits = 0;
};
using MoneyByKey = std::unordered_map<std::string, KeyMoney>;

// Of these keys, which are the organization's.
[[nodiscard]] Result<MoneyByKey> read_money(OperationContext& context,
                                            const OrganizationId& organization_id,
                                            std::span<const identity::KeyInfo> keys);

// "active", "paused", "expired", "revoked".
[[nodiscard]] std::string_view status_of(const identity::KeyInfo& key, WallTime now);

[[nodiscard]] Json to_json(const OperationContext& context, const MoneyByKey& all,
                           const identity::KeyInfo& key);

// Those that are alive, the newest first.
[[nodiscard]] Result<std::vector<identity::KeyInfo>> children_of(OperationContext& context,
                                                                 const identity::KeyInfo& key);

// With its former secrets, networks and child keys as well.
[[nodiscard]] ApiResult<Json> to_json_whole(OperationContext& context,
                                            const identity::KeyInfo& key);

}  // namespace tg::admin
