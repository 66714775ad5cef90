// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "config/snapshot.h"
#include "store/database.h"

// What the operator says that a model costs, above what ships, and from when on. Nothing is ever
// changed: of those that have begun the latest holds, among equals the newest, and calls that were
// charged stay as they were.
//
// Threading:  control threads; PriceBook is a value.
// Limits:     10,000 models; 1,000 decisions at once.
// Errors:     kDatabase, kCorrupt; kFieldInvalid: too many.
namespace tg::providers {

enum class PriceKind : std::uint8_t {
  kPriced,
  kFree,     // and stays usable when the money is gone
  kShipped,  // as the catalogue says, again
  kCeiling,  // of no model: what is charged where nobody says what a model costs
};
[[nodiscard]] std::string_view name(PriceKind kind) noexcept;
[[nodiscard]] std::optional<PriceKind> parse_price_kind(std::string_view text) noexcept;

struct PriceDecision {
  std::int64_t sequence = 0;  // given when it is kept
  ProviderId provider;        // empty: each that has no decision of its own
  std::string model;          // as the provider calls it
  PriceKind kind = PriceKind::kPriced;
  config::PriceList prices;           // of a priced one
  std::int64_t input_tokens_max = 0;  // 0: as the catalogue says
  std::int64_t output_tokens_max = 0;
  WallTime valid_from;
  WallTime decided_at;
  std::string decided_by;
  std::string reason;
};

// In the order of their models: of each model at each provider what holds at that instant.
[[nodiscard]] Result<std::vector<PriceDecision>> list_price_decisions(store::Database& database,
                                                                      WallTime at);
// Those that have not begun at that instant, in the order in which they will.
[[nodiscard]] Result<std::vector<PriceDecision>> coming_price_decisions(store::Database& database,
                                                                        WallTime after);
// When the first of these begins.
[[nodiscard]] Result<std::optional<WallTime>> next_price_change(store::Database& database,
                                                                WallTime after);
// Of one model, the newest decision first.
[[nodiscard]] Result<std::vector<PriceDecision>> price_history(store::Database& database,
                                                               const std::string& model);
// All of them or none.
[[nodiscard]] Result<void> decide_prices(store::Database& database,
                                         std::span<const PriceDecision> decisions);

// What is decided now, by provider and model.
class PriceBook {
 public:
  PriceBook() = default;
  explicit PriceBook(std::vector<PriceDecision> decisions) : decisions_{std::move(decisions)} {}

  // The provider's own decision before everybody's. Null: none.
  [[nodiscard]] const PriceDecision* find(const ProviderId& provider,
                                          std::string_view model) const noexcept;
  // `shipped` with what was decided; `shipped` itself where nothing was, or null.
  [[nodiscard]] std::shared_ptr<const config::Model> apply(
      const ProviderId& provider, std::string_view model,
      std::shared_ptr<const config::Model> shipped) const;
  // Null: a model of which nobody says what it costs is refused.
  [[nodiscard]] const PriceDecision* ceiling() const noexcept;
  [[nodiscard]] std::span<const PriceDecision> all() const noexcept { return decisions_; }

 private:
  std::vector<PriceDecision> decisions_;  // by model
};

}  // namespace tg::providers
