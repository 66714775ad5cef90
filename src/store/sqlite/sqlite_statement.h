// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "store/statement.h"

// A Statement through SQLite's C interface.
namespace tg::store {

[[nodiscard]] Result<std::unique_ptr<StatementBackend>> prepare_sqlite(soci::session& session,
                                                                       const std::string& sql);

}  // namespace tg::store
