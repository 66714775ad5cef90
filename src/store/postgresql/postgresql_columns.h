// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace soci {
class session;
}

// Which columns of a table may be NULL. Each connection asks the catalogue once about a table, and
// remembers it until the schema changes.
//
// Threading:  that of the session.
// Lifetime:   what is remembered ends with the connection.
// Errors:     kDatabase.
namespace tg::store {

// Of each column in "a,b,c".
[[nodiscard]] Result<std::vector<bool>> nullable_columns(soci::session& session,
                                                         const std::string& table,
                                                         std::string_view columns);

// After a step of the schema, and after a transaction that failed: its statements may have failed
// because the schema is another one by now.
void forget_columns(soci::session& session) noexcept;

}  // namespace tg::store
