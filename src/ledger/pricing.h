// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/money.h"
#include "base/result.h"
#include "config/snapshot.h"
#include "openai/request_peek.h"
#include "openai/usage.h"

// From units to money, and from a request to the most it can cost.
//
// Rounding:   an event's charge is the exact sum over its units in 128 bits (prices are
//             nano-dollars per million units), rounded half up to a nano-dollar once.
// Limits:     a charge is at most kChargeMax.
// Threading:  pure.
// Errors:     kModelUnpriced where a unit that was used has no price and no text price to fall back
//             to; a price of zero counts as none, except where the unit cannot occur, and except
//             for moderation: a model whose mode says so and whose stated prices are all zero is
//             free (OpenAI charges nothing for moderations). One without any price is unpriced.
namespace tg::ledger {

// A million dollars. An upstream whose answer comes to more is broken, and sums of what a broken
// one can report (2^53 tokens) would wrap around in 64 bits after the first call.
inline constexpr NanoUsd kChargeMax{1'000'000'000'000'000};

// What chooses among a model's prices besides the unit.
struct PriceQualifiers {
  std::string_view tier;
  std::string_view size;
  std::string_view quality;
};

[[nodiscard]] Result<NanoUsd> charge(const config::Model& model, const openai::Usage& usage,
                                     const PriceQualifiers& qualifiers);

// The one kind of call that a provider gives away: moderations, where the prices say so. None
// stated is not free.
[[nodiscard]] bool is_free(const config::Model& model);

struct Bound {
  NanoUsd total;   // the most that the call can be charged: what is held
  NanoUsd prompt;  // its input alone
};

// Input counts at the dearest class that can apply, output at max tokens × choices, else at the
// model's limit.
[[nodiscard]] Result<Bound> bound(const config::Model& model, openai::Endpoint endpoint,
                                  const openai::RequestPeek& request);

}  // namespace tg::ledger
