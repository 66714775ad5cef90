// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admin/operation_context.h"
#include "ledger/rollup.h"

// Whose usage somebody may see, and what its ids are called.
//
// Threading:  any control thread, one thread an object.
namespace tg::admin {

// Names by id, of what is gone too; looked up once each. And whose keys they are.
class UsageNames {
 public:
  explicit UsageNames(store::Database& database) : database_{database} {}

  [[nodiscard]] const std::string& key(const std::string& id);
  // Of a model or an endpoint: itself. Empty where nobody knows it any more.
  [[nodiscard]] std::string name(ledger::Dimension dimension, const std::string& id);
  // The people behind the keys that were asked for, with their organizations.
  [[nodiscard]] const std::map<std::string, std::string>& persons() const { return persons_; }

 private:
  store::Database& database_;
  std::unordered_map<std::string, std::string> names_;
  std::map<std::string, std::string> persons_;
};

// A list of texts; none: it is not said. A query that names a parameter once has a text there and
// no list, and the router makes a number of what looks like one.
[[nodiscard]] ApiResult<std::vector<std::string>> listed_texts(const Json& arguments,
                                                               std::string_view field);

// The ids of the caller's own keys, revoked ones too; nothing for those who see everybody's usage.
[[nodiscard]] ApiResult<std::optional<std::set<std::string>>> own_keys_only(
    OperationContext& context, const Caller& caller);

// Nobody sees what another person used without a trace of it.
[[nodiscard]] ApiResult<void> note_usage_view(OperationContext& context, const Caller& caller,
                                              const UsageNames& names);

}  // namespace tg::admin
