// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/statement.h"

// A Statement through libpq: rows one by one as they arrive, changes in libpq's pipeline.
namespace tg::store {

[[nodiscard]] Result<std::unique_ptr<StatementBackend>> prepare_postgresql(soci::session& session,
                                                                           const std::string& sql,
                                                                           bool rows_have_bytes);

// The same with $1, $2 … for each question mark that is in no quotes, and how many there are.
struct NumberedSql {
  std::string text;
  int parameters = 0;
};
[[nodiscard]] NumberedSql number_parameters(std::string_view sql);

}  // namespace tg::store
