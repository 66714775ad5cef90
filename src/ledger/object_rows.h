// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/ledger_writer.h"
#include "ledger/stored_object.h"
#include "store/database.h"
#include "store/statement.h"

namespace soci {
class session;
}

// Objects that live upstream and work that goes on, as rows in SQL.
//
// Threading:  control threads.
// Limits:     a question names at most 512 objects.
// Errors:     kDatabase.
namespace tg::ledger {

struct OwnedObject {
  std::string id;
  openai::ObjectKind kind{};
  std::string provider_id;
  bool working = false;  // work on it goes on
  std::int64_t made_ms = 0;
};

// Those of the ids that the project owns, each once.
[[nodiscard]] Result<std::vector<OwnedObject>> find_objects(store::Database& database,
                                                            std::string_view project_id,
                                                            std::span<const std::string> ids);
// Who has objects of that kind for the project, in the order of their ids.
[[nodiscard]] Result<std::vector<std::string>> providers_with(store::Database& database,
                                                              std::string_view project_id,
                                                              openai::ObjectKind kind);
// All work that goes on, oldest first.
[[nodiscard]] Result<std::vector<OpenWork>> list_open_work(store::Database& database);

// project_id, id, kind, organization_id, key_id, provider_id, created_ms.
void bind_row(store::Statement& insert, const StoredObject& object);

// The batch's part of the transaction, after its events: an object that is there stays as it is,
// and work whose event is there has ended.
[[nodiscard]] Result<void> write_objects(soci::session& session, const LedgerBatch& batch);

}  // namespace tg::ledger
