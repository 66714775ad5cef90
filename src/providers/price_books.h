// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "config/charge_books.h"
#include "config/prices.h"
#include "store/database.h"

// What the operator says that organizations pay. Nothing is ever changed: the newest decision of an
// organization for a model holds, and calls that were charged stay as they were.
//
// Threading:  control threads.
// Limits:     10,000 rules.
// Errors:     kDatabase, kCorrupt; kFieldInvalid: too many.
namespace tg::providers {

enum class BookKind : std::uint8_t {
  kInherit,  // no rule here: as the next wider one says
  kFactor,   // 1,000,000: the charge is the cost
  kPrices,   // of its own
};
[[nodiscard]] std::string_view name(BookKind kind) noexcept;
[[nodiscard]] std::optional<BookKind> parse_book_kind(std::string_view text) noexcept;

// No call costs less than nothing, and none a thousand times what its provider asks.
inline constexpr std::int64_t kFactorMax = 1'000 * config::ChargeRule::kSame;

struct BookDecision {
  std::int64_t sequence = 0;    // given when it is kept
  OrganizationId organization;  // empty: each that has no rule of its own
  std::string model;            // as the provider calls it; empty: all that have no rule here
  BookKind kind = BookKind::kFactor;
  std::int64_t factor_millionths = config::ChargeRule::kSame;
  config::PriceList prices;
  WallTime decided_at;
  std::string decided_by;
  std::string reason;
};

// What holds, by organization and model; kInherit is not among it.
[[nodiscard]] Result<std::vector<BookDecision>> list_book_decisions(store::Database& database);
// The newest first; of one organization, or of the default.
[[nodiscard]] Result<std::vector<BookDecision>> book_history(store::Database& database,
                                                             const OrganizationId& organization);
[[nodiscard]] Result<void> decide_book(store::Database& database, const BookDecision& decision);

// Organizations that pay only for what was delivered before their client went away.
[[nodiscard]] Result<std::vector<OrganizationId>> list_only_delivered(store::Database& database);
[[nodiscard]] Result<void> set_only_delivered(store::Database& database,
                                              const OrganizationId& organization, bool only);

}  // namespace tg::providers
