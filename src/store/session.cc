// SPDX-License-Identifier: Apache-2.0
#include "store/session.h"

#include "base/log.h"
#include "store/postgresql/postgresql_session.h"
#include "store/sqlite/sqlite_session.h"

namespace tg::store {

Error error_of(const std::exception& thrown) noexcept {
  // What SOCI adds to an engine's message in what(), and its own ones, may quote a value.
  if (const auto error = sqlite_error_of(thrown)) return *error;
  if (const auto error = postgresql_error_of(thrown)) return *error;
  if (dynamic_cast<const soci::soci_error*>(&thrown) != nullptr) {
    log(LogLevel::kError, "SQL failed", {{"error", "a value does not fit its statement"}});
    return {Code::kDatabase, "a value does not fit its statement"};
  }
  log(LogLevel::kError, "work inside a transaction threw");
  return {Code::kInternal, "work inside a transaction threw"};
}

}  // namespace tg::store
