// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/object_rows.h"
#include "ledger/transfer.h"

// Who owns what upstream, as of now: what SQL does not know yet may stand in a journal.
//
// Threading:  control threads.
// Errors:     kDatabase.
namespace tg::ledger {

class ObjectBook {
 public:
  ObjectBook(store::Database& database, Transfer& transfer)
      : database_{database}, transfer_{transfer} {}

  [[nodiscard]] Result<std::vector<OwnedObject>> find(std::string_view project_id,
                                                      std::span<const std::string> ids) {
    TG_TRY(auto found, find_objects(database_, project_id, ids));
    if (found.size() == ids.size()) return found;
    TG_TRY_DONE(transfer_.catch_up());
    return find_objects(database_, project_id, ids);
  }

  [[nodiscard]] Result<std::vector<std::string>> providers_with(std::string_view project_id,
                                                                openai::ObjectKind kind) {
    TG_TRY_DONE(transfer_.catch_up());
    return ledger::providers_with(database_, project_id, kind);
  }

 private:
  store::Database& database_;
  Transfer& transfer_;
};

}  // namespace tg::ledger
