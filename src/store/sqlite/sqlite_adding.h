// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "store/statement.h"

// Sums that are added to a table's rows, many rows a statement: what a statement costs by itself is
// more than what a row of it does.
namespace tg::store {

[[nodiscard]] Result<std::unique_ptr<StatementBackend>> prepare_sqlite_adding(
    soci::session& session, const std::string& table, const std::string& keys,
    const std::string& sums);

}  // namespace tg::store
