// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "config/snapshot.h"
#include "ledger/price_sum.h"
#include "ledger/pricing.h"
#include "openai/usage.h"

// A call's sum, term by term: so many of a unit at a price. What a call is charged is made of these
// and nothing else, so that an explanation is the charge itself and not a second opinion of it.
//
// Rounding:   none in a term; the sum is rounded once (PriceSum).
// Threading:  values; no malloc, since each settlement makes one.
// Lifetime:   the prices are the model's.
namespace tg::ledger {

struct ChargeTerm {
  // Why the count or the price is not simply what was used and what is stated for it.
  enum class Note : std::uint8_t {
    kNone,
    kDearest,       // size or quality are not known: the dearest that may apply
    kTokenCeiling,  // images that named no tokens: what such an image takes at most
    kSpokenLength,  // characters, as the length that they are spoken in
  };

  config::Unit unit{};  // that was used; the price may be stated for the text token in its place
  std::int64_t count = 0;
  std::int64_t times = 1;    // so many images of `count` pixels or tokens each
  bool thousandths = false;  // of a second
  Note note = Note::kNone;
  const config::Price* price = nullptr;

  void add_to(PriceSum& sum) const noexcept;
};

class ChargeTerms {
 public:
  // All token classes, what is charged beside them, and the request itself.
  static constexpr std::size_t kTermsMax = 18;

  void add(const ChargeTerm& term) noexcept { terms_.at(size_++) = term; }
  [[nodiscard]] std::span<const ChargeTerm> all() const noexcept { return {terms_.data(), size_}; }
  [[nodiscard]] PriceSum sum() const noexcept;
  // Rounded once, and kChargeMax at most.
  [[nodiscard]] NanoUsd total() const noexcept;
  // Something was used that has no price and is in no term: a tool's calls, pages.
  [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }
  void miss() noexcept { incomplete_ = true; }

 private:
  std::array<ChargeTerm, kTermsMax> terms_{};
  std::size_t size_ = 0;
  bool incomplete_ = false;
};

// None where the model is free or nothing was used. kModelUnpriced as for charge().
[[nodiscard]] Result<ChargeTerms> itemize(const config::Model& model, const openai::Usage& usage,
                                          const PriceQualifiers& qualifiers);

}  // namespace tg::ledger
