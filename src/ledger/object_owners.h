// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/stored_object.h"
#include "store/database.h"

// Who owns what upstream, as an operator says it: of objects that no call through here has made.
//
// Threading:  control threads.
// Errors:     kDatabase.
namespace tg::ledger {

// Of a project that has it already, the kind and the provider are changed.
[[nodiscard]] Result<void> adopt_objects(store::Database& database,
                                         std::span<const StoredObject> objects);

// Nothing is forgotten where one is not the project's (kNotFound), or still being worked on
// (kConflict): the error's detail says which of the two.
[[nodiscard]] Result<void> forget_objects(store::Database& database, std::string_view project_id,
                                          std::span<const std::string> ids);

struct ObjectQuery {
  std::string project_id;
  std::optional<openai::ObjectKind> kind;
  std::string after;  // an id
  int limit = 100;
};
// In the order of their ids.
[[nodiscard]] Result<std::vector<StoredObject>> list_objects(store::Database& database,
                                                             const ObjectQuery& query);

}  // namespace tg::ledger
