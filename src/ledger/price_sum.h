// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/money.h"
#include "config/snapshot.h"
#include "ledger/pricing.h"

// The parts of pricing that know nothing of requests and answers: an exact sum of count × price,
// and which of a model's prices holds.
//
// Threading:  values and pure functions.
// Errors:     none; a sum that is too large for money stays at the largest amount.
namespace tg::ledger {

// Prices are nano-dollars per million units and seconds come in thousandths, so the sum is kept in
// nano-dollars / 10^9, exactly, and divided once. floor((2s + d) / 2d) with d = 10^9 is s/d rounded
// half up for every s ≥ 0: write s = qd + r with 0 ≤ r < d; then it is q + floor((2r + d) / 2d),
// and the last term is 1 just when 2r ≥ d.
class PriceSum {
 public:
  void add(std::int64_t count, std::int64_t price) noexcept { add_product(count, 1000, price); }
  void add(std::int64_t count, std::int64_t times, std::int64_t price) noexcept;
  void add_thousandths(std::int64_t thousandths, std::int64_t price) noexcept {
    add_product(thousandths, 1, price);
  }
  void add_dearer(const PriceSum& one, const PriceSum& other) noexcept;

  [[nodiscard]] NanoUsd rounded() const noexcept;
  // In nano-dollars with all nine decimals, as "7500000.250000000"; for people.
  [[nodiscard]] std::string exact() const;

 private:
  void add_product(std::int64_t count, std::int64_t scale, std::int64_t price) noexcept;
  void add_term(unsigned __int128 term, bool overflow) noexcept;

  unsigned __int128 sum_ = 0;
};

// Two that together would overflow make the largest.
[[nodiscard]] std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept;

// How long so many characters take at a usual speed.
[[nodiscard]] std::int64_t spoken_milliseconds(std::int64_t characters) noexcept;

// The dearest image known to a chat model: eight tiles on gpt-4o-mini are 2,833 + 8 × 5,667 tokens.
inline constexpr std::int64_t kSeenImageTokensMax = 50'000;

// "1024x1536" → their product.
[[nodiscard]] std::optional<std::int64_t> pixels_of(std::string_view size) noexcept;
// The largest size that the image models without a size in the request choose by themselves.
inline constexpr std::int64_t kPixelsUnknown = 1024 * 1792;
// gpt-image-1's largest answer at high quality (1024x1536) is 6,240 tokens, and three partial
// images are 100 each; larger sizes in proportion.
[[nodiscard]] std::int64_t image_tokens_max(std::int64_t pixels) noexcept;

// The most specific price that fits; among equally specific ones the dearest, so that a catalogue
// with two readings never charges less than the provider. A price of zero counts as none. In the
// tier of training no other price fits, and its prices fit in no other.
// Null: there is none.
[[nodiscard]] const config::Price* find_price(const config::Model& model, config::Unit unit,
                                              const PriceQualifiers& qualifiers,
                                              std::int64_t input_tokens) noexcept;

// What is known of a call before it is answered; an empty size or quality may become any.
struct PriceChoice {
  std::array<std::string_view, 2> tiers;
  std::string_view size;
  std::string_view quality;
  std::int64_t input_tokens = 0;
};
// A request that leaves the tier to the project's settings may be served at "priority".
[[nodiscard]] std::array<std::string_view, 2> tiers_that_apply(std::string_view asked_for) noexcept;
[[nodiscard]] const config::Price* dearest_price(const config::Model& model, config::Unit unit,
                                                 const PriceChoice& choice) noexcept;
// Whether a price names both the size and the quality that were asked for.
[[nodiscard]] bool has_exact_price(const config::Model& model, config::Unit unit,
                                   const PriceChoice& choice);

}  // namespace tg::ledger
