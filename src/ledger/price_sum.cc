// SPDX-License-Identifier: Apache-2.0
#include "ledger/price_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "ledger/training.h"

namespace tg::ledger {
namespace {

using Wide = unsigned __int128;

constexpr Wide kWideMax = std::numeric_limits<Wide>::max();
constexpr Wide kDenominator = 1'000'000'000;  // a million units × a thousand thousandths
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> parse_length(std::string_view text) {
  // Five digits: two of them multiply to less than 2^34.
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

bool fits(std::string_view wanted, std::string_view given) {
  return wanted.empty() || wanted == given;
}

bool fits_tier(std::string_view wanted, std::string_view given) {
  return given == kTrainingTier ? wanted == given : fits(wanted, given);
}

bool may_fit(std::string_view wanted, std::string_view given) {
  return wanted.empty() || wanted == given || given.empty() || given == "auto";
}

bool may_fit(const config::Price& price, const PriceChoice& choice) {
  return std::ranges::find(choice.tiers, price.tier) != choice.tiers.end() &&
         may_fit(price.size, choice.size) && may_fit(price.quality, choice.quality) &&
         choice.input_tokens >= price.above_input_tokens;
}

}  // namespace

void PriceSum::add(std::int64_t count, std::int64_t times, std::int64_t price) noexcept {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(std::max<std::int64_t>(count, 0), std::max<std::int64_t>(times, 0),
                             &product)) {
    product = kMax;
  }
  add(product, price);
}

void PriceSum::add_product(std::int64_t count, std::int64_t scale, std::int64_t price) noexcept {
  if (count <= 0 || price <= 0) return;
  const auto units = static_cast<Wide>(count) * static_cast<Wide>(scale);  // < 2^74
  Wide term = 0;
  const bool overflow = __builtin_mul_overflow(units, static_cast<Wide>(price), &term);
  add_term(term, overflow);
}

void PriceSum::add_term(Wide term, bool overflow) noexcept {
  if (overflow || __builtin_add_overflow(sum_, term, &sum_)) sum_ = kWideMax;
}

void PriceSum::add_dearer(const PriceSum& one, const PriceSum& other) noexcept {
  add_term(std::max(one.sum_, other.sum_), false);
}

NanoUsd PriceSum::rounded() const noexcept {
  // Half of the denominator is whole, so adding it once is the formula in the header, divided by 2.
  Wide raised = 0;
  if (__builtin_add_overflow(sum_, kDenominator / 2, &raised)) return NanoUsd::max();
  const auto amount = raised / kDenominator;
  return amount > static_cast<Wide>(kMax) ? NanoUsd::max()
                                          : NanoUsd{static_cast<std::int64_t>(amount)};
}

std::string PriceSum::exact() const {
  // Each part has less than 2^64: what a call can cost at most is far below that.
  constexpr auto kWholeMax = static_cast<Wide>(std::numeric_limits<std::uint64_t>::max());
  const auto whole = std::min(sum_ / kDenominator, kWholeMax);
  return fmt::format("{}.{:09}", static_cast<std::uint64_t>(whole),
                     static_cast<std::uint64_t>(sum_ % kDenominator));
}

std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kMax : sum;
}

std::int64_t spoken_milliseconds(std::int64_t characters) noexcept {
  // 150 words a minute of six characters each.
  constexpr std::int64_t kCharactersPerSecond = 15;
  constexpr std::int64_t kCharactersMax = 1'000'000'000'000;
  const auto counted = std::clamp<std::int64_t>(characters, 0, kCharactersMax);
  return (counted * 1000 + kCharactersPerSecond - 1) / kCharactersPerSecond;
}

std::optional<std::int64_t> pixels_of(std::string_view size) noexcept {
  const auto cross = size.find('x');
  if (cross == std::string_view::npos) return std::nullopt;
  const auto width = parse_length(size.substr(0, cross));
  const auto height = parse_length(size.substr(cross + 1));
  if (!width || !height) return std::nullopt;
  return *width * *height;
}

std::int64_t image_tokens_max(std::int64_t pixels) noexcept {
  constexpr std::int64_t kTokens = 6'240;
  constexpr std::int64_t kTokensOfPartialImages = 300;
  constexpr std::int64_t kPixels = 1024 * 1536;
  return kTokens * std::max<std::int64_t>(1, (pixels + kPixels - 1) / kPixels) +
         kTokensOfPartialImages;
}

const config::Price* find_price(const config::Model& model, config::Unit unit,
                                const PriceQualifiers& qualifiers,
                                std::int64_t input_tokens) noexcept {
  int best_rank = -1;
  const config::Price* best = nullptr;
  for (const auto& price : model.prices.of(unit)) {
    if (price.nanousd_per_million <= 0) continue;
    const bool long_input = price.above_input_tokens > 0;
    if (!fits_tier(price.tier, qualifiers.tier) || !fits(price.size, qualifiers.size) ||
        !fits(price.quality, qualifiers.quality) ||
        (long_input && input_tokens <= price.above_input_tokens)) {
      continue;
    }
    const int rank =
        !price.tier.empty() + !price.size.empty() + !price.quality.empty() + long_input;
    const bool dearer = best != nullptr && price.nanousd_per_million > best->nanousd_per_million;
    if (rank > best_rank || (rank == best_rank && dearer)) {
      best_rank = rank;
      best = &price;
    }
  }
  return best;
}

std::array<std::string_view, 2> tiers_that_apply(std::string_view asked_for) noexcept {
  if (asked_for.empty() || asked_for == "auto" || asked_for == "fast") return {"", "priority"};
  if (asked_for == kTrainingTier) return {"", ""};  // no call is served in it
  return {"", asked_for};
}

const config::Price* dearest_price(const config::Model& model, config::Unit unit,
                                   const PriceChoice& choice) noexcept {
  const config::Price* dearest = nullptr;
  for (const auto& price : model.prices.of(unit)) {
    if (price.nanousd_per_million <= 0 || !may_fit(price, choice)) continue;
    if (dearest == nullptr || price.nanousd_per_million > dearest->nanousd_per_million) {
      dearest = &price;
    }
  }
  return dearest;
}

bool has_exact_price(const config::Model& model, config::Unit unit, const PriceChoice& choice) {
  return std::ranges::any_of(model.prices.of(unit), [&](const config::Price& price) {
    return price.nanousd_per_million > 0 && !price.size.empty() && price.size == choice.size &&
           !price.quality.empty() && price.quality == choice.quality;
  });
}

}  // namespace tg::ledger
