// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "store/statement.h"

// Sums that are added to a table's rows: an array for each column, and one statement for thousands
// of rows. What a row of VALUES costs by itself, its parameters and its expressions, is a third of
// what it costs the server as a whole.
namespace tg::store {

[[nodiscard]] Result<std::unique_ptr<StatementBackend>> prepare_postgresql_adding(
    soci::session& session, const std::string& table, const std::string& keys,
    const std::string& sums);

}  // namespace tg::store
