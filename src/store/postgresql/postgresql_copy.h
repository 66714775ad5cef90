// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "store/statement.h"

// Rows for one table through COPY, in its binary form: a row of sixty columns costs the server a
// third of what an INSERT of it does. A column that may be NULL is, instead of 0 or an empty text.
namespace tg::store {

[[nodiscard]] Result<std::unique_ptr<StatementBackend>> prepare_postgresql_copy(
    soci::session& session, const std::string& table, const std::string& columns);

}  // namespace tg::store
