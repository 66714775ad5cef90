// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/result.h"
#include "ledger/verify.h"

namespace soci {
class session;
}

// The checks that verify_ledger() is made of; its own alone (verify.h is the door). Each returns
// the first difference that it finds, and counts in the report what it looked at.
//
// Threading:  as verify_ledger().
// Errors:     kDatabase, kIo.
namespace tg::ledger {

using Finding = std::optional<Difference>;

[[nodiscard]] Result<Finding> verify_epochs(soci::session& session);
[[nodiscard]] Result<Finding> verify_journal(soci::session& session, const VerifyOptions& options,
                                             VerifyReport& report);
[[nodiscard]] Result<Finding> verify_sums(soci::session& session, const VerifyOptions& options,
                                          VerifyReport& report);
[[nodiscard]] Result<Finding> verify_limits(store::Database& database, const VerifyOptions& options,
                                            VerifyReport& report);

// Whether a call's own fields can be true; `clock_floor_ms` is the latest instant of money's clock.
[[nodiscard]] Finding verify_event(const UsageEvent& event, std::int64_t clock_floor_ms);

}  // namespace tg::ledger

// As TG_TRY, and returns what was found, too.
#define TG_TRY_NOTHING_FOUND(expression)               \
  do {                                                 \
    auto found = (expression);                         \
    if (!found) return std::unexpected(found.error()); \
    if (*found) return std::move(*found);              \
  } while (false)
